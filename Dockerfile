# The image of wsingress: controller, proxy, echo pod and test client in one program.
#
#   docker buildx build --platform linux/amd64,linux/arm64 --tag REGISTRY/wsingress:VERSION \
#     --build-arg REVISION=$(git rev-parse HEAD) --build-arg CREATED=$(git log -1 --format=%cI) .
#
# deploy/check-image runs the instructions below on a machine without an engine.

ARG DOTNET=10.0

# The build runs on the machine's own architecture and compiles for the target's; nothing is emulated.
FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:${DOTNET}-noble AS build
ENV CI=true DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /source

# What decides the packages comes first: the restore is a layer that most changes keep. CI=true restores in locked mode.
COPY global.json nuget.config Directory.Build.props Directory.Packages.props ./
COPY src/WsIngress.Routing/WsIngress.Routing.csproj src/WsIngress.Routing/packages.lock.json src/WsIngress.Routing/
COPY src/WsIngress.Translation/WsIngress.Translation.csproj src/WsIngress.Translation/packages.lock.json src/WsIngress.Translation/
COPY src/WsIngress.Relay/WsIngress.Relay.csproj src/WsIngress.Relay/packages.lock.json src/WsIngress.Relay/
COPY src/WsIngress.Transport/WsIngress.Transport.csproj src/WsIngress.Transport/packages.lock.json src/WsIngress.Transport/
COPY src/WsIngress.Proxy/WsIngress.Proxy.csproj src/WsIngress.Proxy/packages.lock.json src/WsIngress.Proxy/
COPY src/WsIngress/WsIngress.csproj src/WsIngress/packages.lock.json src/WsIngress/
COPY src/WsIngress/Properties/ src/WsIngress/Properties/
ARG TARGETARCH
RUN dotnet restore src/WsIngress -p:PublishProfile=Image -p:ImageArch=$TARGETARCH

COPY .editorconfig BannedSymbols.txt ./
COPY src/ src/
RUN dotnet publish src/WsIngress --no-restore -p:PublishProfile=Image -p:ImageArch=$TARGETARCH --output /app

# Chiseled: no shell, no package manager, nothing but what the runtime needs. That includes libssl.so.3 and ca-certificates, which TLS needs;
# the -extra variant would add ICU and time zones, which a program with InvariantGlobalization and times in UTC does not use.
# Framework-dependent: a fix of the runtime is a new base image, not a new build of ours.
FROM mcr.microsoft.com/dotnet/aspnet:${DOTNET}-noble-chiseled
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
ARG SOURCE=https://github.com/wsingress/wsingress
LABEL org.opencontainers.image.title="WsIngress" \
      org.opencontainers.image.description="Kubernetes ingress controller for WebSocket traffic" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}"

# Diagnostics want a socket in /tmp, which a read-only root does not have. The port of the base image is not ours: --http says where to listen.
# The runtime looks for certificate stores in the home folder and fails when it cannot tell which that is; this user has no line in /etc/passwd.
# PATH is what engines take when an image says nothing, and our folder: `kubectl exec POD -- wsingress routes` has no shell to look elsewhere.
ENV DOTNET_EnableDiagnostics=0 \
    ASPNETCORE_HTTP_PORTS= \
    HOME=/ \
    PATH=/app:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
WORKDIR /app
COPY --from=build /app /app
EXPOSE 8080 8443 9090
USER 65532:65532
ENTRYPOINT ["/app/wsingress"]
CMD ["controller"]
