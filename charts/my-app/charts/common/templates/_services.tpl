{{/* No Service has the admin port: probes and scrapes address pods. */}}
{{- define "common.services" -}}
apiVersion: v1
kind: Service
metadata:
  {{- with .Values.service }}
  {{- include "common.metadata" (dict "service" $ "labels" .labels "annotations" .annotations) | nindent 2 }}
  {{- end }}
spec:
  {{- with omit .Values.service "labels" "annotations" "port" "nodePort" "ports" "selector" }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  selector:
    {{- include "common.selectorLabels" . | nindent 4 }}
  ports:
    {{- $http := include "common.httpServicePort" . | fromYaml }}
    {{- $http = mergeOverwrite $http (pick .Values.service "port" "nodePort") ((.Values.service.ports).http | default dict) }}
    - {{- toYaml $http | nindent 6 }}
    {{- if .Values.ports.grpc }}
    {{- $grpc := include "common.grpcServicePort" . | fromYaml }}
    - {{- toYaml (mergeOverwrite $grpc ((.Values.service.ports).grpc | default dict)) | nindent 6 }}
    {{- end }}
    {{- range $name, $port := omit (.Values.service.ports | default dict) "http" "grpc" }}
    - {{- toYaml (mergeOverwrite (dict "name" $name) $port) | nindent 6 }}
    {{- end }}
{{- if eq (.Values.rollout.strategy | default "none") "blueGreen" }}
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
  {{- with pick .Values.service "ipFamilies" "ipFamilyPolicy" }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  publishNotReadyAddresses: false
  selector:
    {{- include "common.selectorLabels" . | nindent 4 }}
  ports:
    - {{- include "common.httpServicePort" . | nindent 6 }}
    - {{- include "common.grpcServicePort" . | nindent 6 }}
{{- end }}
{{- end -}}

{{- define "common.httpServicePort" -}}
name: http
port: {{ .Values.ports.http }}
targetPort: http
appProtocol: http
{{- end -}}

{{- define "common.grpcServicePort" -}}
name: grpc
port: {{ .Values.ports.grpc }}
targetPort: grpc
appProtocol: {{ include "common.grpcTlsSecret" . | empty | ternary "kubernetes.io/h2c" "https" }}
{{- end -}}

{{/* Port at which clients reach the Service by name: (list $ "http"). */}}
{{- define "common.servicePort" -}}
{{- $service := (first .).Values.service -}}
{{- $name := last . -}}
{{- $own := eq $name "http" | ternary $service.port nil -}}
{{- coalesce (get ($service.ports | default dict) $name | default dict).port $own (get (first .).Values.ports $name) -}}
{{- end -}}
