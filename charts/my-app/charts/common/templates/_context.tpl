{{/*
Fills a dict with what a template of a service works on: (list $service .). That is the chart's own context with the values
laid over each other: common.defaults, then global.config and global.defaults, then the service's.
*/}}
{{- define "common.context" -}}
{{- $service := first . -}}
{{- $chart := last . -}}
{{- range $key, $value := $chart }}{{ $_ := set $service $key $value }}{{ end -}}
{{- $values := include "common.defaults" $chart | fromYaml -}}
{{- $global := $chart.Values.global | default dict -}}
{{- range list (dict "config" ($global.config | default dict)) ($global.defaults | default dict) $chart.Values -}}
  {{- include "common.overlay" (list $values (deepCopy .)) -}}
{{- end -}}
{{- $_ := set $service "Values" $values -}}
{{- end -}}

{{/* Lays the second map over the first as Helm does with values: maps are merged, lists replaced, and null removes. */}}
{{- define "common.overlay" -}}
{{- $below := first . -}}
{{- range $key, $value := last . -}}
  {{- if kindIs "invalid" $value -}}
    {{- $_ := unset $below $key -}}
  {{- else if and (kindIs "map" $value) (kindIs "map" (get $below $key)) -}}
    {{- include "common.overlay" (list (get $below $key) $value) -}}
  {{- else -}}
    {{- $_ := set $below $key $value -}}
  {{- end -}}
{{- end -}}
{{- end -}}
