{{/* The admin port is in no Service: probes and scrapes ask the pods. */}}
{{- define "common.services" -}}
apiVersion: v1
kind: Service
metadata:
  {{- with .Values.service }}
  {{- include "common.metadata" (dict "service" $ "labels" .labels "annotations" .annotations) | nindent 2 }}
  {{- end }}
spec:
  type: {{ .Values.service.type }}
  {{- with .Values.service.trafficDistribution }}
  trafficDistribution: {{ . }}
  {{- end }}
  selector:
    {{- include "common.selectorLabels" . | nindent 4 }}
  ports:
    {{- if .Values.ports.http }}
    - name: http
      port: {{ .Values.ports.http }}
      targetPort: http
      appProtocol: http
    {{- end }}
    {{- if .Values.ports.grpc }}
    {{- include "common.grpcServicePort" . | nindent 4 }}
    {{- end }}
{{- if eq .Values.rollout.strategy "blueGreen" }}
---
{{ include "common.previewService" . }}
{{- end }}
{{- if .Values.ports.grpc }}
---
apiVersion: v1
kind: Service
metadata:
  {{- include "common.metadata" (dict "service" . "name" (include "common.headlessName" .)) | nindent 2 }}
spec:
  type: ClusterIP
  clusterIP: None
  publishNotReadyAddresses: false
  selector:
    {{- include "common.selectorLabels" . | nindent 4 }}
  ports:
    {{- include "common.grpcServicePort" . | nindent 4 }}
{{- end }}
{{- end -}}

{{- define "common.grpcServicePort" -}}
- name: grpc
  port: {{ .Values.ports.grpc }}
  targetPort: grpc
  appProtocol: {{ include "common.grpcTlsSecret" . | empty | ternary "kubernetes.io/h2c" "https" }}
{{- end -}}
