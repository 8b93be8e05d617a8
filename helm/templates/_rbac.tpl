{{/*
Rights on what may be in many namespaces: one ClusterRole with its binding, or, in namespaced mode, a Role with its
binding in each of the namespaces. Takes (dict "root" $ "component" ... "rules" YAML "clusterRules" YAML); the latter
are of what has no namespace, and are left out in namespaced mode.
*/}}
{{- define "eip.rbac" -}}
{{- $root := .root -}}
{{- $name := printf "%s-%s" (include "eip.fullname" $root) .component -}}
{{- $cluster := not $root.Values.namespaced -}}
{{- range $namespace := $cluster | ternary (list "") $root.Values.namespaces }}
{{- range $kind := list "Role" "RoleBinding" }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $cluster | ternary "Cluster" "" }}{{ $kind }}
metadata:
  name: {{ $cluster | ternary (printf "%s-%s" $name $root.Release.Namespace | trunc 63 | trimSuffix "-") (printf "%s-pods" $name) }}
  {{- with $namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "eip.labels" (list $root $.component) | nindent 4 }}
{{- if eq $kind "Role" }}
rules:
  {{- $.rules | nindent 2 }}
  {{- if $cluster }}
  {{- with $.clusterRules }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- end }}
{{- else }}
{{ include "eip.binding" (list $root $.component ($cluster | ternary "ClusterRole" "Role") ($cluster | ternary (printf "%s-%s" $name $root.Release.Namespace | trunc 63 | trimSuffix "-") (printf "%s-pods" $name))) }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Who is bound to what. Takes (list $ component kind name). */}}
{{- define "eip.binding" -}}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ index . 2 }}
  name: {{ index . 3 }}
subjects:
  - kind: ServiceAccount
    name: {{ include "eip.serviceAccountName" (list (index . 0) (index . 1)) }}
    namespace: {{ (index . 0).Release.Namespace }}
{{- end -}}
