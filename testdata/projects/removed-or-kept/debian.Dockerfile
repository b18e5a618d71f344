FROM debian:12-slim AS purged
RUN apt-get update && apt-get install -y --no-install-recommends build-essential \
    && apt-get purge -y build-essential && rm -rf /var/lib/apt/lists/*
RUN make --version
FROM purged AS swept
RUN apt-get autoremove -y
RUN make --version
FROM debian:12-slim AS marked
RUN apt-get update && apt-get install -y --no-install-recommends build-essential curl git \
    && apt-mark manual make && apt-mark auto git && apt-get purge -y --auto-remove build-essential
RUN make --version
RUN curl -V
RUN git --version
FROM debian:12-slim AS saved
RUN saved="$(apt-mark showmanual)"; apt-get update; apt-get install -y --no-install-recommends make; \
    apt-mark auto '.*' > /dev/null; apt-mark manual $saved; apt-get purge -y --auto-remove
RUN make --version
FROM debian:12-slim
COPY --from=swept /etc/hostname /a
COPY --from=marked /etc/hostname /b
COPY --from=saved /etc/hostname /c
