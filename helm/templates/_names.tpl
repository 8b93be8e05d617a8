{{/* The prefix of all objects' names; 63 characters less the longest suffix. */}}
{{- define "eip.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 46 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 46 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 46 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The prefix of the admission policies' names, which are the whole cluster's. */}}
{{- define "eip.policyName" -}}
{{- printf "%s-%s" (include "eip.fullname" .) .Release.Namespace | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/* What never changes about a component's pods. Takes (list $ component). */}}
{{- define "eip.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ default $root.Chart.Name $root.Values.nameOverride }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* The labels of a component's objects. Takes (list $ component). */}}
{{- define "eip.labels" -}}
{{- $root := index . 0 -}}
{{ include "eip.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The metadata of a component's object in the release's namespace. Takes (list $ component). */}}
{{- define "eip.metadata" -}}
{{- $root := index . 0 -}}
name: {{ include "eip.fullname" $root }}-{{ index . 1 }}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- include "eip.labels" . | nindent 2 }}
{{- end -}}

{{/* A component's ServiceAccount. Takes (list $ component). */}}
{{- define "eip.serviceAccountName" -}}
{{- $root := index . 0 -}}
{{- $component := index . 1 -}}
{{- with (index $root.Values $component).serviceAccount -}}
{{- if .name -}}
{{- .name -}}
{{- else if .create -}}
{{- printf "%s-%s" (include "eip.fullname" $root) $component -}}
{{- else -}}
default
{{- end -}}
{{- end -}}
{{- end -}}

{{/* An image by digest or tag. Takes (dict "image" ... "tag" the default). */}}
{{- define "eip.image" -}}
{{- if .image.digest -}}
{{- printf "%s@%s" .image.repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" .image.repository (default .tag .image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "eip.ownImage" -}}
image: {{ include "eip.image" (dict "image" .Values.image "tag" .Chart.AppVersion) }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end -}}
