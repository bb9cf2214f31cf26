{{/*
Fills a dict with the context of a service's templates: (list $service .). It is the chart's context with merged values:
global.defaults, then global.config, then the values of the service.
*/}}
{{- define "common.context" -}}
{{- $service := first . -}}
{{- $chart := last . -}}
{{- range $key, $value := $chart }}{{ $_ := set $service $key $value }}{{ end -}}
{{- $global := $chart.Values.global | default dict -}}
{{- if not $global.defaults }}
  {{- fail "global.defaults is missing: to install the chart of a service without the umbrella chart, add --values charts/my-app/values.yaml" }}
{{- end -}}
{{- $values := deepCopy $global.defaults -}}
{{- range list (dict "config" ($global.config | default dict)) $chart.Values -}}
  {{- include "common.merge" (list $values (deepCopy .)) -}}
{{- end -}}
{{- if not $values.ports }}{{ fail (printf "%s: ports is required" $chart.Chart.Name) }}{{ end -}}
{{- $_ := set $service "Values" $values -}}
{{- end -}}

{{/*
Merges the second map into the first like Helm merges values: lists are replaced, and null removes a key. As a mapping without
content (`ingress:`) is null, too, null removes only those maps that the chart can do without.
*/}}
{{- define "common.merge" -}}
{{- $base := first . -}}
{{- $optional := list "startupProbe" "readinessProbe" "livenessProbe" "podSecurityContext" "securityContext" "requests" "limits"
  "rollingUpdate" "seccompProfile" "capabilities" "minAllowed" -}}
{{- range $key, $value := last . -}}
  {{- $isMap := and (kindIs "map" (get $base $key)) (get $base $key) -}}
  {{- if and (kindIs "invalid" $value) $isMap (not (has $key $optional)) -}}
  {{- else if kindIs "invalid" $value -}}
    {{- $_ := unset $base $key -}}
  {{- else if and (kindIs "map" $value) $isMap -}}
    {{- include "common.merge" (list (get $base $key) $value) -}}
  {{- else -}}
    {{- $_ := set $base $key $value -}}
  {{- end -}}
{{- end -}}
{{- end -}}

{{/* Fails if a value occurs twice, which the API server rejects in the key of a list: (list $ "what" $values). */}}
{{- define "common.unique" -}}
{{- $names := last . -}}
{{- range uniq $names -}}
  {{- $name := . -}}
  {{- $count := 0 -}}
  {{- range $names }}{{ if eq . $name }}{{ $count = add1 $count }}{{ end }}{{ end -}}
  {{- if gt $count 1 }}
    {{- fail (printf "%s: %s is set twice: %v" (first $).Chart.Name (index $ 1) $name) }}
  {{- end -}}
{{- end -}}
{{- end -}}
