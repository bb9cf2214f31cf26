{{- define "common.notes" -}}
{{- $service := dict -}}
{{- include "common.context" (list $service .) -}}
{{- include "common.serviceNotes" $service -}}
{{- end -}}

{{- define "common.serviceNotes" -}}
{{- $name := include "common.fullname" . -}}
{{- $forward := printf "kubectl --namespace %s port-forward svc/%s" .Release.Namespace $name -}}
{{ $name }}:

  {{ $forward }} {{ .Values.ports.http }}:{{ include "common.servicePort" (list . "http") }}
  curl 'localhost:{{ .Values.ports.http }}{{ .Values.test.path }}'
{{- if .Values.ingress.enabled }}
{{- range .Values.ingress.hosts }}
  curl '{{ empty $.Values.ingress.tls | ternary "http" "https" }}://{{ tpl .host $ }}{{ $.Values.test.path }}'
{{- end }}
{{- end }}
{{- with .Values.ports.grpc }}

  {{ $forward }} {{ . }}:{{ include "common.servicePort" (list $ "grpc") }}
{{- if include "common.grpcTlsSecret" $ }}
  # mutual TLS: tls.crt, tls.key and ca.crt are in the secret {{ include "common.grpcTlsSecret" $ }}
  grpcurl -cacert ca.crt -cert tls.crt -key tls.key -authority {{ include "common.headlessName" $ }} localhost:{{ . }} list
{{- else }}
  grpcurl -plaintext localhost:{{ . }} list
{{- end }}
{{- end }}
{{ end -}}
