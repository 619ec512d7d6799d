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

{{- define "cartwright.publicUrl" -}}
{{- if .Values.publicUrl }}{{ .Values.publicUrl }}
{{- else if and .Values.ingress.enabled .Values.ingress.host }}
{{- printf "%s://%s" (ternary "https" "http" (ne .Values.ingress.tlsSecret "")) .Values.ingress.host }}
{{- end -}}
{{- end }}

{{/* A name that only this namespace knows, with it: instances are in others. */}}
{{- define "cartwright.brokerForPods" -}}
{{ regexReplaceAll "^(mqtts?://[^.:/]+)(:[0-9]+)?/?$" .Values.broker.url (printf "${1}.%s.svc${2}" .Release.Namespace) }}
{{- end }}
