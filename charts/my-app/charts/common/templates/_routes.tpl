{{/* Routes of the Gateway API. The cluster must have its CRDs. */}}
{{- define "common.httpRoute" -}}
{{- include "common.route" (dict "root" . "kind" "HTTPRoute" "route" .Values.httpRoute "port" "http") -}}
{{- end -}}

{{- define "common.grpcRoute" -}}
{{- include "common.route" (dict "root" . "kind" "GRPCRoute" "route" .Values.grpcRoute "port" "grpc") -}}
{{- end -}}

{{- define "common.route" -}}
{{- $root := .root -}}
{{- if .route.enabled -}}
{{- if not (get $root.Values.ports .port) }}
  {{- fail (printf "%s: %s requires ports.%s" $root.Chart.Name .kind .port) }}
{{- end -}}
{{- $port := include "common.servicePort" (list $root .port) -}}
apiVersion: gateway.networking.k8s.io/v1
kind: {{ .kind }}
metadata:
  {{- include "common.metadata" (dict "service" $root "annotations" .route.annotations) | nindent 2 }}
spec:
  {{- include "common.fields" (list .route "parentRefs" "hostnames") | trim | nindent 2 }}
  rules:
    {{- range .route.rules | default (list dict) }}
    - backendRefs:
        {{- if .backendRefs }}
        {{- tpl (toYaml .backendRefs) $root | nindent 8 }}
        {{- else }}
        - name: {{ include "common.fullname" $root }}
          port: {{ $port }}
        {{- end }}
      {{- with omit . "backendRefs" }}
      {{- tpl (toYaml .) $root | nindent 6 }}
      {{- end }}
    {{- end }}
{{- end -}}
{{- end -}}
