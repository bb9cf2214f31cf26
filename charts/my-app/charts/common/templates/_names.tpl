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
{{- $name := .Values.fullnameOverride | default "" | trunc 54 | trimSuffix "-" -}}
{{- $name = $name | default (include "common.releaseName" (list . (.Values.nameOverride | default .Chart.Name))) -}}
{{- /* Helm accepts release names that a Service does not, such as 1.2. */}}
{{- if not (regexMatch "^[a-z][a-z0-9-]*$" $name) }}
  {{- fail (printf "%s: %s cannot be the name of a Service: choose another release name, or set fullnameOverride" .Chart.Name $name) }}
{{- end -}}
{{- $name -}}
{{- end -}}

{{/* Resolves to the IP addresses of all ready pods, over which clients balance. */}}
{{- define "common.headlessName" -}}
{{- include "common.fullname" . -}}-headless
{{- end -}}
