{{- /*
The project's files as a ConfigMap volume. A key can't have slashes, so "/" is "__" in the keys that the chart makes.
*/ -}}
{{- define "longshore.projectKey" -}}
{{- replace "/" "__" . -}}
{{- end -}}

{{- define "longshore.projectItems" -}}
items:
{{- if .Values.project.configMap }}
{{- if not .Values.project.items }}{{ fail "project.items is required with project.configMap: the path of each key" }}{{ end }}
{{- range $key, $path := .Values.project.items }}
  - key: {{ $key | quote }}
    path: {{ $path | quote }}
{{- end }}
{{- else }}
{{- if not .Values.project.files }}{{ fail "project.files or project.configMap is required" }}{{ end }}
{{- range $path, $_ := .Values.project.files }}
  - key: {{ include "longshore.projectKey" $path | quote }}
    path: {{ $path | quote }}
{{- end }}
{{- end }}
{{- end -}}
