{{/*
Readiness is asked over gRPC where there is gRPC, except under mutual TLS, for which the kubelet has no certificate.
The startup is asked over HTTP, where a port that is not open yet is refused at once; gRPC would wait a second.
Liveness asks for nothing but an answer: a restart heals a hung process, not a missing dependency.
*/}}
{{- define "common.probes" -}}
startupProbe:
  httpGet:
    path: /readyz
    port: admin
  periodSeconds: 1
  timeoutSeconds: 1
  failureThreshold: 30
readinessProbe:
  {{- if and .Values.ports.grpc (not (include "common.grpcTlsSecret" .)) }}
  grpc:
    port: {{ .Values.ports.grpc }}
  {{- else }}
  httpGet:
    path: /readyz
    port: admin
  {{- end }}
  periodSeconds: 5
  timeoutSeconds: 2
  failureThreshold: 2
livenessProbe:
  httpGet:
    path: /livez
    port: admin
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
{{- end -}}
