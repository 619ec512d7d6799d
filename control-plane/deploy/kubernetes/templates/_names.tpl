{{/* Objects of one release are called by it: several may be in a cluster. */}}
{{- define "cartwright.name" -}}
{{- if contains "cartwright" .Release.Name }}{{ .Release.Name | trunc 52 | trimSuffix "-" }}{{ else }}{{ printf "%s-cartwright" .Release.Name | trunc 52 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{- define "cartwright.account" -}}
{{ .Values.serviceAccount.name | default (include "cartwright.name" .) }}
{{- end }}

{{- define "cartwright.selector" -}}
app.kubernetes.io/name: cartwright-control-plane
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "cartwright.labels" -}}
{{ include "cartwright.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}
