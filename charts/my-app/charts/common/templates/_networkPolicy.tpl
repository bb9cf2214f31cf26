{{/* Selecting the pods with both policy types denies everything but what is listed. Probes of the kubelet always pass. */}}
{{- define "common.networkPolicy" -}}
{{- if .Values.networkPolicy.enabled -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "common.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- range $name, $from := .Values.networkPolicy.ingress }}
    {{- if $from }}
    - ports:
        - port: {{ required (printf "%s: networkPolicy.ingress.%s names a port that is not in ports" $.Chart.Name $name) (get $.Values.ports $name) }}
      {{- if ne (toString $from) "any" }}
      from:
        {{- include "common.peers" (list $ $from) | nindent 8 }}
      {{- end }}
    {{- end }}
    {{- end }}
    # helm test
    - ports:
        - port: {{ .Values.ports.http }}
      from:
        - podSelector:
            matchLabels:
              {{- include "common.testLabels" . | nindent 14 }}
  egress:
    # DNS
    - ports:
        - port: 53
          protocol: UDP
        - port: 53
          protocol: TCP
      to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: kube-system
    {{- with include "common.tracingEgress" . }}
    {{- trim . | nindent 4 }}
    {{- end }}
    {{- range .Values.networkPolicy.egress }}
    - {{- tpl (toYaml (omit . "to")) $ | nindent 6 }}
      {{- with .to }}
      to:
        {{- include "common.peers" (list $ .) | nindent 8 }}
      {{- end }}
    {{- end }}
{{- end -}}
{{- end -}}

{{/* A list of NetworkPolicyPeer, in which a text names a service of this release: (list $ $peers). */}}
{{- define "common.peers" -}}
{{- $service := first . -}}
{{- range last . }}
{{- if kindIs "string" . }}
- podSelector:
    matchLabels:
      app.kubernetes.io/name: {{ . }}
      app.kubernetes.io/instance: {{ $service.Release.Name }}
{{- else }}
- {{- tpl (toYaml .) $service | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The way to the collector: to its namespace where its address is a Service's name, else to its port anywhere. */}}
{{- define "common.tracingEgress" -}}
{{- $endpoint := (include "common.config" . | fromYaml).OTEL_EXPORTER_OTLP_ENDPOINT }}
{{- with $endpoint }}
{{- $url := urlParse . }}
{{- $labels := splitList "." $url.hostname }}
{{- $port := regexFind "[0-9]+$" ($url.host | trimPrefix $url.hostname) }}
# Traces
- ports:
    - port: {{ $port | default (eq $url.scheme "https" | ternary 443 80) }}
  {{- if eq (len $labels) 1 }}
  to:
    - podSelector: {}
  {{- else if or (eq (len $labels) 2) (eq (index $labels 2) "svc") }}
  to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ index $labels 1 }}
  {{- end }}
{{- end }}
{{- end -}}
