{{/* The paths that people open. /metrics and /healthcheck ask for no password, and /api is not needed. */}}
{{- define "eip.flowerPages" -}}
{{- $pages := list (dict "type" "Exact" "path" (printf "%s/" .)) -}}
{{- range $page := list "workers" "worker" "tasks" "task" "broker" "login" "logout" "static" -}}
{{- $pages = append $pages (dict "type" "Prefix" "path" (printf "%s/%s" $ $page)) -}}
{{- end -}}
{{- toJson $pages -}}
{{- end -}}
