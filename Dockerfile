# Two images from one build: producer and worker. Each holds one static program, the world's certificate authorities
# and a /tmp; no shell, no package manager, no root.
#
#   docker build --target producer --tag ghcr.io/longshore/producer:dev .
#   docker build --target worker   --tag ghcr.io/longshore/worker:dev .

ARG GO_VERSION=1.26

FROM --platform=$BUILDPLATFORM golang:${GO_VERSION}-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY internal internal
COPY pkg pkg
ARG TARGETOS TARGETARCH VERSION=dev
# timetzdata: schedules name time zones, and the image has no zone files.
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -tags timetzdata \
      -ldflags "-s -w -X github.com/longshore/longshore/internal/telemetry.Version=$VERSION" \
      -o /out/ ./cmd/producer ./cmd/worker \
 && mkdir -m 1777 /out/tmp

FROM scratch AS base
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/tmp /tmp
USER 65532:65532

FROM base AS worker
COPY --from=build /out/worker /worker
EXPOSE 8081
ENTRYPOINT ["/worker"]

FROM base AS producer
COPY --from=build /out/producer /producer
EXPOSE 8080
ENTRYPOINT ["/producer"]
