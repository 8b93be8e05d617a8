{{/* The Secrets that nobody gave, as JSON for files/create_secrets.py. */}}
{{- define "eip.missingSecrets" -}}
{{- $secrets := dict -}}
{{- with .Values.redis -}}
{{- if and .enabled (not .existingSecret) -}}
{{- $_ := set $secrets (printf "%s-redis" (include "eip.fullname" $)) (dict .passwordKey nil) -}}
{{- end -}}
{{- end -}}
{{- with .Values.flower -}}
{{- if and .enabled (not .existingSecret) -}}
{{- $keys := dict .usernameKey "flower" .passwordKey nil .cookieSecretKey nil -}}
{{- $_ := set $secrets (printf "%s-flower" (include "eip.fullname" $)) $keys -}}
{{- end -}}
{{- end -}}
{{- toJson $secrets -}}
{{- end -}}

{{/* Argo CD runs these hooks in its phase PreSync. Takes the weight. */}}
{{- define "eip.secretsHook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}
