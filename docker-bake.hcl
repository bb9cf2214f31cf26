# `docker buildx bake` builds the image of every service; test/bake.test.ts fails when one is missing here.
# https://docs.docker.com/build/bake/reference/

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

target "service" {
  name       = service
  matrix     = { service = SERVICES }
  dockerfile = "${service}/Dockerfile"
  args       = { VERSION = TAG, REVISION = REVISION }
  platforms  = PLATFORMS == "" ? null : split(",", PLATFORMS)
  tags       = [REGISTRY == "" ? "${service}:${TAG}" : "${REGISTRY}/${service}:${TAG}"]
  # BuildKit's own SBOM scanner is an image, so only a build that is pushed has one.
  attest     = REGISTRY == "" ? [] : ["type=provenance,mode=max", "type=sbom"]
}
