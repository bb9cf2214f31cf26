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
  {{- $more := .Values.service.ports | default dict }}
  {{- $http := mergeOverwrite (include "common.httpServicePort" . | fromYaml) (pick .Values.service "port" "nodePort") }}
  {{- $ports := list (mergeOverwrite $http ($more.http | default dict)) }}
  {{- if .Values.ports.grpc }}
    {{- $ports = append $ports (mergeOverwrite (include "common.grpcServicePort" . | fromYaml) ($more.grpc | default dict)) }}
  {{- end }}
  {{- range $name, $port := omit $more "http" "grpc" }}{{ $ports = append $ports (merge (dict "name" $name) $port) }}{{ end }}
  {{- $numbers := list }}
  {{- range $ports }}{{ $numbers = append $numbers (printf "%v/%s" .port (.protocol | default "TCP")) }}{{ end }}
  {{- include "common.unique" (list . "a port of the Service" $numbers) }}
  ports:
    {{- toYaml $ports | nindent 4 }}
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
