{{/*
Readiness uses gRPC where the service has it, except under mutual TLS, because the kubelet has no certificate.
Startup uses HTTP: a port that is not open yet refuses the connection at once, whereas a gRPC probe waits for a second.
Liveness depends on the process alone: a restart does not fix a failed dependency.
*/}}
{{- define "common.probes" -}}
{{- $ready := dict "httpGet" (dict "path" "/readyz" "port" "admin") -}}
{{- $live := dict "httpGet" (dict "path" "/livez" "port" "admin") -}}
{{- $readyOnPort := $ready -}}
{{- if and .Values.ports.grpc (not (include "common.grpcTlsSecret" .)) -}}
  {{- /* The default of `service` is explicit: Argo CD would show it as a difference in a Rollout. */}}
  {{- $readyOnPort = dict "grpc" (dict "port" .Values.ports.grpc "service" "") -}}
{{- end -}}
{{- $handlers := dict "startupProbe" $ready "readinessProbe" $readyOnPort "livenessProbe" $live -}}
{{- range $name := list "startupProbe" "readinessProbe" "livenessProbe" }}
{{- $probe := get $.Values $name | default dict }}
{{- with ne (toString $probe.enabled) "false" | ternary (omit $probe "enabled") dict }}
{{ $name }}:
  {{- if not (or .httpGet .grpc .tcpSocket .exec) }}
  {{- toYaml (get $handlers $name) | nindent 2 }}
  {{- end }}
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}
