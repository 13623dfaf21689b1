{{- /* What producer and worker pods share. Each takes the root. */ -}}

{{- define "longshore.env" -}}
- name: LONGSHORE_REDIS_ADDR
  value: {{ .Values.redis.address | quote }}
{{- with .Values.redis.username }}
- name: LONGSHORE_REDIS_USERNAME
  value: {{ . | quote }}
{{- end }}
{{- if .Values.redis.passwordSecret }}
- name: LONGSHORE_REDIS_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ .Values.redis.passwordSecret }}
      key: {{ .Values.redis.passwordKey }}
{{- end }}
- name: LONGSHORE_REDIS_TLS
  value: {{ .Values.redis.tls | quote }}
- name: LONGSHORE_STATE_URI
  value: {{ required "state.uri is required: s3://bucket/prefix, where runs and baselines are recorded" .Values.state.uri | quote }}
{{- with .Values.state.endpoint }}
- name: LONGSHORE_S3_ENDPOINT
  value: {{ . | quote }}
{{- end }}
- name: LONGSHORE_S3_REGION
  value: {{ .Values.state.region | quote }}
- name: LONGSHORE_S3_PATH_STYLE
  value: {{ .Values.state.pathStyle | quote }}
{{- if .Values.state.credentialsSecret }}
- name: LONGSHORE_S3_ACCESS_KEY
  valueFrom:
    secretKeyRef:
      name: {{ .Values.state.credentialsSecret }}
      key: access-key
- name: LONGSHORE_S3_SECRET
  valueFrom:
    secretKeyRef:
      name: {{ .Values.state.credentialsSecret }}
      key: secret-key
{{- end }}
- name: LONGSHORE_PROJECT_DIR
  value: /project
{{- if .Values.secrets.files }}
- name: LONGSHORE_SECRETS_DIR
  value: /secrets
{{- end }}
- name: LONGSHORE_SHUTDOWN_TIMEOUT
  value: {{ printf "%ds" (int .Values.shutdownSeconds) | quote }}
- name: LONGSHORE_LOG_LEVEL
  value: {{ .Values.logLevel | quote }}
{{- end -}}

{{- define "longshore.envFrom" -}}
{{- range .Values.secrets.env }}
- secretRef:
    name: {{ . }}
{{- end }}
{{- end -}}

{{- define "longshore.mounts" -}}
- name: project
  mountPath: /project
  readOnly: true
{{- if .Values.secrets.files }}
- name: secrets
  mountPath: /secrets
  readOnly: true
{{- end }}
- name: scratch
  mountPath: /tmp
{{- end -}}

{{- define "longshore.volumes" -}}
- name: project
  configMap:
    name: {{ include "longshore.projectConfigMap" . }}
    {{- include "longshore.projectItems" . | nindent 4 }}
{{- if .Values.secrets.files }}
- name: secrets
  secret:
    secretName: {{ .Values.secrets.files }}
    defaultMode: 0440
{{- end }}
{{- end -}}

{{- /* The pod's part of who it is and what it may do: no root, no privileges, a file system that can't be written. */ -}}
{{- define "longshore.identity" -}}
serviceAccountName: {{ include "longshore.serviceAccount" . }}
automountServiceAccountToken: false
terminationGracePeriodSeconds: {{ add (int .Values.shutdownSeconds) 10 }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "longshore.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "longshore.probes" -}}
livenessProbe:
  httpGet:
    path: /healthz
    port: http
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet:
    path: /readyz
    port: http
  periodSeconds: 5
  timeoutSeconds: 5
{{- end -}}

{{- /* Where pods go. Takes the values of producer or worker. */ -}}
{{- define "longshore.scheduling" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
