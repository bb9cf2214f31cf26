{{/* A pod for `helm test` that requests a path of the service and searches the response for a text. */}}
{{- define "common.test" -}}
apiVersion: v1
kind: Pod
metadata:
  {{- $name := printf "%s-test" (include "common.fullname" .) }}
  {{- include "common.metadata" (dict "service" . "name" $name "selectorLabels" (include "common.testLabels" .)) | nindent 2 }}
  annotations:
    helm.sh/hook: test
    # Prints the logs and deletes the pod: `helm uninstall` would not, and `helm test --logs` would fail without it.
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded,hook-failed
    helm.sh/hook-output-log-policy: hook-succeeded,hook-failed
spec:
  {{- include "common.podBasics" . | nindent 2 }}
  restartPolicy: Never
  activeDeadlineSeconds: 60
  containers:
    - name: test
      image: {{ include "common.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      {{- include "common.fields" (list .Values "securityContext") | trim | nindent 6 }}
      resources:
        requests:
          cpu: 10m
          memory: 64Mi
          ephemeral-storage: 16Mi
        limits:
          cpu: 1
          memory: 128Mi
          ephemeral-storage: 64Mi
      # The images have no shell.
      command:
        - /nodejs/bin/node
        - --input-type=module
        - --eval
        - |
          const [url, expected] = process.argv.slice(1);
          const request = () => fetch(url, { signal: AbortSignal.timeout(5000) });
          // Retries once: the NetworkPolicy may not apply to this new pod yet.
          const response = await request().catch(() => new Promise((r) => setTimeout(r, 1000)).then(request));
          const body = await response.text();
          console.log(`GET ${url} -> ${response.status} ${body}`);
          if (response.status !== 200 || !body.includes(expected)) {
            console.error(`expected status 200 and ${expected}`);
            process.exit(1);
          }
        - http://{{ include "common.fullname" . }}:{{ include "common.servicePort" (list . "http") }}{{ .Values.test.path }}
        - {{ .Values.test.expect | quote }}
{{- end -}}
