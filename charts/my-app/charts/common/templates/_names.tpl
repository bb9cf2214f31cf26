{{/* Name of a chart's resources in this release: (list $ "service-a"). Leaves room for suffixes within 63 characters. */}}
{{- define "common.releaseName" -}}
{{- $release := (first .).Release.Name -}}
{{- $name := last . -}}
{{- $full := contains $name $release | ternary $release (printf "%s-%s" $release $name) -}}
{{- $full | trunc 54 | trimSuffix "-" -}}
{{- end -}}

{{- define "common.fullname" -}}
{{- with .Values.fullnameOverride -}}
{{- . | trunc 54 | trimSuffix "-" -}}
{{- else -}}
{{- include "common.releaseName" (list . (.Values.nameOverride | default .Chart.Name)) -}}
{{- end -}}
{{- end -}}

{{/* Resolves to every ready pod, which is what a gRPC client balances over. */}}
{{- define "common.headlessName" -}}
{{- include "common.fullname" . -}}-headless
{{- end -}}
