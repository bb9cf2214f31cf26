# `docker buildx bake` builds the image of every service.
# https://docs.docker.com/build/bake/reference/

# `npm run generate` writes this list.
variable "SERVICES" {
  default = ["service-a", "service-b"]
}

# Where to push, such as ghcr.io/my-org/my-app. Without it the images stay on this machine, as the chart expects them.
variable "REGISTRY" {
  default = ""
}

variable "TAG" {
  default = "latest"
}

variable "REVISION" {
  default = "unknown"
}

# Comma-separated; an image for several platforms can only be pushed.
variable "PLATFORMS" {
  default = ""
}

group "default" {
  targets = SERVICES
}

# What `tilt up` runs: the source, restarted at every edit.
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
  # BuildKit's own SBOM scanner is an image, so only a build that is pushed has one.
  attest     = REGISTRY == "" ? [] : ["type=provenance,mode=max", "type=sbom"]
}
