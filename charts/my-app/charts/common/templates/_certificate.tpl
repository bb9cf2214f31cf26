{{/* A certificate for mutual TLS, issued by cert-manager. Every service is a client; one with a gRPC port is also a server. */}}
{{- define "common.certificate" -}}
{{- $tls := (.Values.global).grpcTls | default dict -}}
{{- if ($tls.certManager).enabled -}}
{{- include "common.checkCertificate" . -}}
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  {{- include "common.metadata" (dict "service" .) | nindent 2 }}
spec:
  secretName: {{ include "common.grpcTlsSecret" . }}
  issuerRef:
    {{- toYaml ($tls.certManager.issuerRef | default (dict "name" (printf "%s-grpc-ca" .Release.Name))) | nindent 4 }}
  duration: {{ $tls.certManager.duration | default "168h" }}
  renewBefore: {{ $tls.certManager.renewBefore | default "120h" }}
  # A leaked key is useless after the next renewal.
  privateKey:
    algorithm: ECDSA
    size: 256
    rotationPolicy: Always
  usages: [digital signature, client auth{{ if .Values.ports.grpc }}, server auth{{ end }}]
  # Clients connect to the headless Service, or to the other Service if a mesh balances.
  dnsNames:
    {{- $names := list (include "common.fullname" .) }}
    {{- if .Values.ports.grpc }}{{ $names = append $names (include "common.headlessName" .) }}{{ end }}
    {{- range $name := $names }}
    {{- range list "" (printf ".%s" $.Release.Namespace) (printf ".%s.svc" $.Release.Namespace) (printf ".%s.svc.cluster.local" $.Release.Namespace) }}
    - {{ $name }}{{ . }}
    {{- end }}
    {{- end }}
{{- end -}}
{{- end -}}

{{- define "common.checkCertificate" -}}
{{- $tls := .Values.global.grpcTls -}}
{{- $issue := $tls.certManager -}}
{{- if and $tls.secretName (not (contains "{{" $tls.secretName)) }}
  {{- fail "global.grpcTls.secretName names one secret for all services, but cert-manager creates one per service: leave secretName empty" }}
{{- end -}}
{{- if and .Chart.IsRoot (not $issue.issuerRef) }}
  {{- fail "set global.grpcTls.certManager.issuerRef: only the umbrella chart creates a CA of its own" }}
{{- end -}}
{{- $renewBefore := $issue.renewBefore | default "120h" -}}
{{- $zero := toDate "2006" "2000" -}}
{{- $lead := sub ($zero | mustDateModify $renewBefore | unixEpoch) ($zero | unixEpoch) -}}
{{- if and .Values.prometheusRule.enabled (le $lead (mul .Values.prometheusRule.certificateExpiryHours 3600)) }}
  {{- fail (printf "%s: CertificateExpiring would fire before each renewal: prometheusRule.certificateExpiryHours must be less than global.grpcTls.certManager.renewBefore (%s)" .Chart.Name $renewBefore) }}
{{- end -}}
{{- end -}}
