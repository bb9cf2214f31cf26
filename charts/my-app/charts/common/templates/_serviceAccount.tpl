{{- define "common.serviceAccount" -}}
{{- with .Values.serviceAccount -}}
{{- if .create -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "common.metadata" (dict "service" $ "name" .name "annotations" .annotations) | nindent 2 }}
automountServiceAccountToken: false
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "common.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (empty .Values.serviceAccount.create | ternary "default" (include "common.fullname" .)) -}}
{{- end -}}
