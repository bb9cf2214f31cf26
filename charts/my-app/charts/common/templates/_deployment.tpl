{{- define "common.deployment" -}}
{{- $config := include "common.config" . | fromYaml -}}
{{- $tlsSecret := include "common.grpcTlsSecret" . -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "common.metadata" . | nindent 2 }}
spec:
  {{- if not .Values.autoscaling.enabled }}
  replicas: {{ .Values.replicas }}
  {{- else }}
  {{- /* Repeats what the autoscaler chose: without it, switching autoscaling on would first scale down to one pod. */}}
  {{- with lookup "apps/v1" "Deployment" .Release.Namespace (include "common.fullname" .) }}
  replicas: {{ .spec.replicas }}
  {{- end }}
  {{- end }}
  revisionHistoryLimit: 5
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  selector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "common.selectorLabels" . | nindent 8 }}
        app.kubernetes.io/part-of: my-app
        {{- with .Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .Values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- with include "common.imagePullSecrets" . }}
      {{- . | nindent 6 }}
      {{- end }}
      serviceAccountName: {{ include "common.fullname" . }}
      automountServiceAccountToken: false
      # Variables such as MY_APP_SERVICE_A_PORT are not this service's configuration.
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ add (divf $config.SHUTDOWN_TIMEOUT_MS 1000 | ceil) 10 }}
      securityContext:
        {{- include "common.podSecurityContext" . | nindent 8 }}
      containers:
        - name: {{ .Chart.Name }}
          image: {{ include "common.image" . }}
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          {{- with .Values.command }}
          command:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          securityContext:
            {{- include "common.securityContext" . | nindent 12 }}
          ports:
            {{- range $name, $port := .Values.ports }}
            - name: {{ $name }}
              containerPort: {{ $port }}
            {{- end }}
          env:
            {{- include "common.env" . | trim | nindent 12 }}
          {{- include "common.probes" . | nindent 10 }}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
          {{- if or $tlsSecret .Values.extraVolumeMounts }}
          volumeMounts:
            {{- if $tlsSecret }}
            # The whole directory: a file mounted by subPath would never see a renewed certificate.
            - name: grpc-tls
              mountPath: /etc/grpc-tls
              readOnly: true
            {{- end }}
            {{- with .Values.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          {{- end }}
      {{- if or $tlsSecret .Values.extraVolumes }}
      volumes:
        {{- if $tlsSecret }}
        - name: grpc-tls
          secret:
            secretName: {{ $tlsSecret }}
            defaultMode: 0440
        {{- end }}
        {{- with .Values.extraVolumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- end }}
      {{- with .Values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.affinity }}
      affinity:
        {{- tpl (toYaml .) $ | nindent 8 }}
      {{- end }}
      {{- with .Values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      topologySpreadConstraints:
        {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
        - topologyKey: {{ . }}
          maxSkew: 1
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "common.selectorLabels" $ | nindent 14 }}
          # Counts the pods of one revision only, so that a rolling update ends spread as well.
          matchLabelKeys: [pod-template-hash]
        {{- end }}
{{- end -}}
