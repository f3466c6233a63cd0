# A program that needs nothing, in an image that holds nothing else:
#   docker build -t gospect . && docker run --rm -v "$PWD:/w:ro" -w /w gospect ./server
FROM rust:1-alpine AS build
RUN apk add --no-cache musl-dev gcc make
WORKDIR /src
COPY . .
RUN cargo build --release --locked && ! readelf -l target/release/gospect | grep -q INTERP
FROM scratch
COPY --from=build /src/target/release/gospect /gospect
COPY --from=build /src/LICENSE-MIT /src/LICENSE-APACHE /
USER 65532:65532
ENTRYPOINT ["/gospect"]
