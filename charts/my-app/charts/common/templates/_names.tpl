{{/*
Name of a service's resources in this release: (list $ "service-a"). At most 54 characters, which leaves room for `-headless`.
A long release name is shortened, never the name of the service. A release that is named for the service does not repeat it.
*/}}
{{- define "common.releaseName" -}}
{{- $release := (first .).Release.Name -}}
{{- $name := last . | trunc 52 | trimSuffix "-" -}}
{{- if or (eq $release $name) (and (hasSuffix (printf "-%s" $name) $release) (le (len $release) 54)) -}}
{{- $release -}}
{{- else -}}
{{- printf "%s-%s" ($release | trunc (int (sub 53 (len $name))) | trimSuffix "-") $name -}}
{{- end -}}
{{- end -}}

{{- define "common.fullname" -}}
{{- with .Values.fullnameOverride -}}
{{- . | trunc 54 | trimSuffix "-" -}}
{{- else -}}
{{- include "common.releaseName" (list . (.Values.nameOverride | default .Chart.Name)) -}}
{{- end -}}
{{- end -}}

{{/* Resolves to the IP addresses of all ready pods, over which clients balance. */}}
{{- define "common.headlessName" -}}
{{- include "common.fullname" . -}}-headless
{{- end -}}
