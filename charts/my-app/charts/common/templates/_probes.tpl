{{/*
Readiness is asked over gRPC where there is gRPC, except under mutual TLS, for which the kubelet has no certificate.
The startup is asked over HTTP, where a port that is not open yet is refused at once; gRPC would wait a second.
Liveness asks for nothing but an answer: a restart heals a hung process, not a missing dependency.
*/}}
{{- define "common.probes" -}}
{{- $ready := dict "httpGet" (dict "path" "/readyz" "port" "admin") -}}
{{- $live := dict "httpGet" (dict "path" "/livez" "port" "admin") -}}
{{- $readyOnPort := $ready -}}
{{- if and .Values.ports.grpc (not (include "common.grpcTlsSecret" .)) -}}
  {{- /* The service is the default, written out: in a Rollout, Argo CD takes it for a difference. */}}
  {{- $readyOnPort = dict "grpc" (dict "port" .Values.ports.grpc "service" "") -}}
{{- end -}}
{{- $asks := dict "startupProbe" $ready "readinessProbe" $readyOnPort "livenessProbe" $live -}}
{{- range $name := list "startupProbe" "readinessProbe" "livenessProbe" }}
{{- with get $.Values $name }}
{{ $name }}:
  {{- if not (or .httpGet .grpc .tcpSocket .exec) }}
  {{- toYaml (get $asks $name) | nindent 2 }}
  {{- end }}
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}
