{{/* Routes of the Gateway API, whose CRDs the cluster must have. */}}
{{- define "common.httpRoute" -}}
{{- include "common.route" (dict "root" . "kind" "HTTPRoute" "route" .Values.httpRoute "port" .Values.ports.http) -}}
{{- end -}}

{{- define "common.grpcRoute" -}}
{{- include "common.route" (dict "root" . "kind" "GRPCRoute" "route" .Values.grpcRoute "port" .Values.ports.grpc) -}}
{{- end -}}

{{- define "common.route" -}}
{{- if .route.enabled -}}
{{- if not .port }}
  {{- fail (printf "%s: %s needs a port that is not in ports" .root.Chart.Name .kind) }}
{{- end -}}
apiVersion: gateway.networking.k8s.io/v1
kind: {{ .kind }}
metadata:
  {{- include "common.metadata" (dict "service" .root "annotations" .route.annotations) | nindent 2 }}
spec:
  parentRefs:
    {{- toYaml .route.parentRefs | nindent 4 }}
  {{- with .route.hostnames }}
  hostnames:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  rules:
    {{- range .route.rules | default (list dict) }}
    - backendRefs:
        - name: {{ include "common.fullname" $.root }}
          port: {{ $.port }}
      {{- with . }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- end }}
{{- end -}}
{{- end -}}
