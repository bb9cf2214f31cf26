{{/*
Rules of a service's SLOs: the share of bad requests over the windows of the alerts, and multi-window, multi-burn-rate alerts
(https://sre.google/workbook/alerting-on-slos/). The series have Sloth's names. A template instead of Sloth's output, because the
objectives are values of a release.
*/}}
{{- define "common.slos" -}}
{{- range $sli := list "availability" "latency" }}
{{- with get $.Values.slo $sli }}
{{- include "common.slo" (dict "root" $ "slo" $sli "objective" .) }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The rules of one SLO. */}}
{{- define "common.slo" -}}
{{- $root := .root -}}
{{- $rule := $root.Values.prometheusRule -}}
{{- $slo := .slo -}}
{{- $budget := divf (subf 100 .objective) 100 -}}
{{- $labels := printf `slo="%s",service="%s",%s` $slo $root.Chart.Name (include "common.releaseSelector" $root) -}}
{{- $windows := dict -}}
{{- range $window, $seconds := dict "5m" 300 "30m" 1800 "1h" 3600 "2h" 7200 "6h" 21600 "1d" 86400 "3d" 259200 "30d" 2592000 }}
{{- $_ := set $windows $window (mulf $seconds $rule.windowScale | ceil | int) }}
{{- end }}
- name: {{ printf "%s-%s-%s" $root.Release.Name $root.Chart.Name $slo }}
  rules:
    {{- range $window := list "5m" "30m" "1h" "2h" "6h" "1d" "3d" }}
    - record: slo:sli_error:ratio_rate{{ $window }}
      expr: {{ include "common.sli" (list $root $slo (include "common.metricSelector" $root) (printf "[%ds]" (get $windows $window)) $root.Values.slo.latencySeconds) }}
      labels:
        {{- include "common.sloLabels" (list $root $slo) | nindent 8 }}
    {{- end }}
    - record: slo:objective:ratio
      expr: vector({{ divf .objective 100 }})
      labels:
        {{- include "common.sloLabels" (list $root $slo) | nindent 8 }}
    - record: slo:period_error_budget_remaining:ratio
      expr: 1 - avg_over_time(slo:sli_error:ratio_rate5m{ {{- $labels -}} }[{{ get $windows "30d" }}s]) / {{ $budget }}
      labels:
        {{- include "common.sloLabels" (list $root $slo) | nindent 8 }}
    {{- range list (list "1h" "5m" 14.4 "critical") (list "6h" "30m" 6.0 "critical") (list "1d" "2h" 3.0 "warning") (list "3d" "6h" 1.0 "warning") }}
    {{- $long := index . 0 }}
    {{- $seconds := get $windows $long }}
    {{- $limit := mulf (index . 2) $budget }}
    {{- $rates := include "common.sliRates" (list $root $slo (include "common.metricSelector" $root) (printf "[%ds]" $seconds) $root.Values.slo.latencySeconds) | fromYaml }}
    - alert: {{ title $slo }}ErrorBudgetBurn
      # With little traffic, a single failure exceeds any rate: https://sre.google/workbook/alerting-on-slos/#low-traffic-services-and-error-budget-alerting
      expr: >-
        slo:sli_error:ratio_rate{{ $long }}{ {{- $labels -}} } > {{ $limit }}
        and slo:sli_error:ratio_rate{{ index . 1 }}{ {{- $labels -}} } > {{ $limit }}
        and on () {{ $rates.bad }} * {{ $seconds }} > 4.5
      labels:
        severity: {{ index . 3 }}
        window: {{ $long }}
        {{- include "common.sloLabels" (list $root $slo) | nindent 8 }}
      annotations:
        summary: {{ printf "%s burns its %s error budget at more than %v times the sustainable rate" (include "common.fullname" $root) $slo (index . 2) | quote }}
        description: >-
          {{ printf "{{ $value | humanizePercentage }}" }} of the requests in the last {{ $long }} were {{ eq $slo "latency" | ternary "too slow" "failed" }}; the objective of {{ $.objective }} % allows {{ mulf 100 $budget }} %.
        {{- include "common.alertLinks" (list $root (printf "%sErrorBudgetBurn" (title $slo)) "slos") | nindent 8 }}
    {{- end }}
{{ end -}}

{{- define "common.sloLabels" -}}
slo: {{ last . }}
{{ include "common.alertLabels" (first .) }}
{{- end -}}
