FROM alpine:3.20
RUN apk add --no-cache --virtual .fetch curl && apk add --no-cache --virtual .build gcc musl-dev make \
    && apk add --no-cache make && apk del .fetch .build
RUN make --version && curl -V
RUN apk add --no-cache wget && apk del wget
RUN wget -q http://example.org/x
