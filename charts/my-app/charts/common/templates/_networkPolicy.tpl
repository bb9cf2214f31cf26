{{/* Selecting the pods with both policy types denies everything but what is listed. Probes of the kubelet always pass. */}}
{{- define "common.networkPolicy" -}}
{{- if .Values.networkPolicy.enabled -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "common.metadata" (dict "service" .) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- include "common.networkPolicyIngress" . | trim | nindent 4 }}
  egress:
    {{- include "common.networkPolicyEgress" . | trim | nindent 4 }}
{{- end -}}
{{- end -}}

{{- define "common.networkPolicyIngress" -}}
{{- range $name, $peers := .Values.networkPolicy.ingress }}
{{- with $peers }}
{{ include "common.ingressRule" (list $ $name .) }}
{{- end }}
{{- end }}
{{- if .Values.podMonitor.enabled }}
# Prometheus
{{ include "common.ingressRule" (list . "admin" .Values.podMonitor.from) }}
{{- end }}
# helm test
- ports:
    - port: {{ .Values.ports.http }}
  from:
    - podSelector:
        matchLabels:
          {{- include "common.testLabels" . | nindent 10 }}
{{- with .Values.networkPolicy.extraIngress }}
{{ tpl (toYaml .) $ }}
{{- end }}
{{- end -}}

{{/* Lets peers, or `any`, reach a port by its name: (list $ "http" $peers). */}}
{{- define "common.ingressRule" -}}
{{- $service := first . -}}
{{- $port := index . 1 -}}
{{- $peers := last . -}}
- ports:
    - port: {{ required (printf "%s: networkPolicy.ingress.%s names a port that is not in ports" $service.Chart.Name $port) (get $service.Values.ports $port) }}
{{- if ne (toString $peers) "any" }}
  from:
    {{- include "common.peers" (list $service $peers) | nindent 4 }}
{{- end }}
{{- end -}}

{{- define "common.networkPolicyEgress" -}}
# DNS
- ports:
    {{- $ports := .Values.networkPolicy.dns.ports }}
    {{- if .Capabilities.APIVersions.Has "security.openshift.io/v1" }}{{ $ports = append $ports 5353 }}{{ end }}
    {{- range $ports }}
    - port: {{ . }}
      protocol: UDP
    - port: {{ . }}
      protocol: TCP
    {{- end }}
  {{- with .Values.networkPolicy.dns.to }}
  to:
    {{- include "common.peers" (list $ .) | nindent 4 }}
  {{- end }}
{{- include "common.tracingEgress" . }}
{{- if .Values.mesh.enabled }}
# Certificates and configuration for the sidecar
- ports:
    - port: 15012
  to:
    {{- include "common.peers" (list . .Values.mesh.controlPlane) | nindent 4 }}
{{- end }}
{{- range .Values.networkPolicy.egress }}
- {{- tpl (toYaml (omit . "to")) $ | nindent 2 }}
  {{- with .to }}
  to:
    {{- include "common.peers" (list $ .) | nindent 4 }}
  {{- end }}
{{- end }}
{{- with .Values.networkPolicy.extraEgress }}
{{ tpl (toYaml .) $ }}
{{- end }}
{{- end -}}

{{/* The way to the collector: to its namespace where its address is a Service's name, else to its port anywhere. */}}
{{- define "common.tracingEgress" -}}
{{- with (include "common.config" . | fromYaml).OTEL_EXPORTER_OTLP_ENDPOINT }}
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
