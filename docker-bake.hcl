# `docker buildx bake` builds the image of every service.
# https://docs.docker.com/build/bake/reference/

# `npm run generate` writes this list.
variable "SERVICES" {
  default = ["service-a", "service-b"]
}

# Where to push, such as ghcr.io/my-org/my-app. If empty, the images stay local, under the names that the chart's defaults use.
variable "REGISTRY" {
  default = ""
}

variable "TAG" {
  default = "latest"
}

variable "REVISION" {
  default = "unknown"
}

# Comma-separated. A multi-platform image needs REGISTRY: it can only be pushed.
variable "PLATFORMS" {
  default = ""
}

group "default" {
  targets = SERVICES
}

# The image that `tilt up` runs: the source, restarted at every edit.
target "dev" {
  name     = "${service}-dev"
  matrix   = { service = SERVICES }
  inherits = [service]
  target   = "dev"
  tags     = ["${service}:dev"]
}

target "service" {
  name       = service
  matrix     = { service = SERVICES }
  args       = { SERVICE = service, VERSION = TAG, REVISION = REVISION }
  platforms  = PLATFORMS == "" ? null : split(",", PLATFORMS)
  tags       = [REGISTRY == "" ? "${service}:${TAG}" : "${REGISTRY}/${service}:${TAG}"]
  # Only for pushed images: BuildKit's SBOM scanner is itself an image, which must be pulled.
  attest     = REGISTRY == "" ? [] : ["type=provenance,mode=max", "type=sbom"]
}
