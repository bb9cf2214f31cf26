{{/*
The kubelet asks over gRPC as well, where it can: it has no client certificate for mutual TLS.
Liveness asks for nothing but an answer: a restart heals a hung process, not a missing dependency.
*/}}
{{- define "common.probes" -}}
startupProbe:
  {{- if and .Values.ports.grpc (not (include "common.grpcTlsSecret" .)) }}
  grpc:
    port: {{ .Values.ports.grpc }}
  {{- else }}
  httpGet:
    path: /readyz
    port: admin
  {{- end }}
  periodSeconds: 1
  timeoutSeconds: 1
  failureThreshold: 30
readinessProbe:
  httpGet:
    path: /readyz
    port: admin
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
