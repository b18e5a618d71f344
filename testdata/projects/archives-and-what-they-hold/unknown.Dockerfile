FROM debian:12
RUN echo "deb https://dl.yarnpkg.com/debian/ stable main" > /etc/apt/sources.list.d/yarn.list
RUN echo "deb [signed-by=/usr/share/keyrings/own.gpg] https://apt.example.org/debian bookworm main" > /etc/apt/sources.list.d/own.list
RUN apt-get update && apt-get install -y --no-install-recommends yarn libpng12-dev
