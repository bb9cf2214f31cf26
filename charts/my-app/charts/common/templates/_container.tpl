{{- define "common.container" -}}
name: {{ .Chart.Name }}
image: {{ include "common.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- with .Values.command }}
command:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.args }}
args:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
ports:
  {{- range $name, $port := .Values.ports }}
  - name: {{ $name }}
    containerPort: {{ $port }}
  {{- end }}
env:
  {{- include "common.env" . | trim | nindent 2 }}
{{- with .Values.envFrom }}
envFrom:
  {{- tpl (toYaml .) $ | nindent 2 }}
{{- end }}
{{- include "common.probes" . }}
{{- with .Values.lifecycle }}
lifecycle:
  {{- toYaml . | nindent 2 }}
{{- end }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
{{- with include "common.volumeMounts" . | trim }}
volumeMounts:
  {{- . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "common.volumeMounts" -}}
{{- if include "common.grpcTlsSecret" . }}
# The whole directory: a file mounted by subPath would never see a renewed certificate.
- name: grpc-tls
  mountPath: /etc/grpc-tls
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "common.volumes" -}}
{{- with include "common.grpcTlsSecret" . }}
- name: grpc-tls
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}
