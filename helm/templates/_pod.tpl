{{/*
The labels and annotations of a component's pods. The chart's version is not among them: a new chart must not restart
a Redis that stays as it is. Takes (list $ component).
*/}}
{{- define "eip.podMetadata" -}}
{{- $root := index . 0 -}}
{{- $own := index $root.Values (index . 1) -}}
labels:
  {{- include "eip.selector" . | nindent 2 }}
  {{- with $root.Values.commonLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- with $own.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- $annotations := $own.podAnnotations }}
{{- if and $root.Values.monitoring.scrapeAnnotations (has (index . 1) (list "producer" "worker")) }}
{{- $annotations = merge (dict) $annotations (dict "prometheus.io/scrape" "true" "prometheus.io/port" "8080" "prometheus.io/path" "/metrics") }}
{{- end }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* What every pod of the chart has: where it runs and what it may not. Takes (list $ component). */}}
{{- define "eip.podSpec" -}}
{{- $root := index . 0 -}}
{{- $own := index $root.Values (index . 1) -}}
{{- /* A Service called eip would be injected as EIP_PORT, one called flower as FLOWER_PORT: both are settings. */ -}}
enableServiceLinks: false
terminationGracePeriodSeconds: {{ $own.terminationGracePeriodSeconds }}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $own.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* How a component's replicas are spread, where the user says nothing else. Takes (list $ component). */}}
{{- define "eip.topologySpread" -}}
{{- $own := index (index . 0).Values (index . 1) -}}
topologySpreadConstraints:
  {{- range default (fromJsonArray (include "eip.spread" .)) $own.topologySpreadConstraints }}
  - {{ toYaml (mergeOverwrite (dict "labelSelector" (dict "matchLabels" (fromYaml (include "eip.selector" $)))) .) | nindent 4 | trim }}
  {{- end }}
{{- end -}}

{{- define "eip.spread" -}}
[
  {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway"},
  {"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway"}
]
{{- end -}}

{{/* The uid is that of the image; another one works too, since nothing but /tmp is written. */}}
{{- define "eip.podSecurity" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "eip.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{/* Where the operator's processes find Redis, and what they are set to. */}}
{{- define "eip.environment" -}}
- name: EIP_CLUSTER_NAME
  value: {{ .Values.clusterName | quote }}
{{- with .Values.clusterUid }}
- name: EIP_CLUSTER_UID
  value: {{ . | quote }}
{{- end }}
{{- with .Values.namespaces }}
- name: EIP_NAMESPACES
  value: {{ join "," . | quote }}
{{- end }}
{{- with .Values.vpcId }}
- name: EIP_VPC_ID
  value: {{ . | quote }}
{{- end }}
{{- if .Values.namespaced }}
- name: EIP_READ_NODES
  value: "false"
{{- end }}
{{- if .Values.nodes.enabled }}
- name: EIP_NODES
  value: "true"
{{- end }}
{{- range $name, $value := .Values.settings }}
- name: EIP_{{ snakecase $name | upper }}
  value: {{ include "eip.setting" $value | quote }}
{{- end }}
{{ include "eip.redisEnvironment" . }}
{{- end -}}

{{/* A setting as the variable has it: a list by commas, a map as KEY=VALUE, a number never as 1e+06. */}}
{{- define "eip.setting" -}}
{{- if kindIs "slice" . -}}
{{- join "," . -}}
{{- else if kindIs "map" . -}}
{{- $pairs := list -}}
{{- range $key, $value := . -}}
{{- $pairs = append $pairs (printf "%s=%v" $key $value) -}}
{{- end -}}
{{- join "," $pairs -}}
{{- else if kindIs "float64" . -}}
{{- if eq (float64 (int64 .)) . }}{{ int64 . }}{{ else }}{{ . }}{{ end -}}
{{- else -}}
{{- . -}}
{{- end -}}
{{- end -}}

{{/* The password comes straight from the Secret: no manifest holds it, and it may have any characters. */}}
{{- define "eip.redisEnvironment" -}}
{{- $external := .Values.externalRedis -}}
{{- if .Values.redis.enabled -}}
- name: EIP_REDIS_URL
  value: redis://{{ include "eip.fullname" . }}-redis:6379/0
{{ include "eip.redisPassword" (list (default (printf "%s-redis" (include "eip.fullname" .)) .Values.redis.existingSecret) .Values.redis.passwordKey) }}
{{- else if $external.urlKey -}}
- name: EIP_REDIS_URL
  valueFrom:
    secretKeyRef:
      name: {{ $external.existingSecret }}
      key: {{ $external.urlKey }}
{{- else -}}
- name: EIP_REDIS_URL
  value: {{ $external.tls.enabled | ternary "rediss" "redis" }}://{{ $external.host }}:{{ $external.port }}/{{ $external.db }}
{{- with $external.username }}
- name: EIP_REDIS_USERNAME
  value: {{ . | quote }}
{{- end }}
{{- with $external.existingSecret }}
{{ include "eip.redisPassword" (list . $external.passwordKey) }}
{{- end }}
{{- end }}
{{- if and $external.tls.enabled $external.tls.caSecret }}
- name: EIP_REDIS_CA_FILE
  value: /etc/redis-ca/{{ $external.tls.caKey }}
{{- end }}
{{- end -}}

{{/* Takes (list secret key). */}}
{{- define "eip.redisPassword" -}}
- name: EIP_REDIS_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ index . 0 }}
      key: {{ index . 1 }}
{{- end -}}

{{/* Variables and mounts of a container that runs the operator's image. Takes (list $ component). */}}
{{- define "eip.containerExtras" -}}
{{- $root := index . 0 -}}
{{- $own := index $root.Values (index . 1) -}}
{{- with $own.extraEnvFrom -}}
envFrom:
  {{- toYaml . | nindent 2 }}
{{ end -}}
resources:
  {{- toYaml $own.resources | nindent 2 }}
{{ include "eip.containerSecurity" $root }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
  {{- if $root.Values.externalRedis.tls.caSecret }}
  - name: redis-ca
    mountPath: /etc/redis-ca
    readOnly: true
  {{- end }}
  {{- with $own.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* The volumes of a pod that runs the operator's image. Takes (list $ component). */}}
{{- define "eip.volumes" -}}
{{- $root := index . 0 -}}
{{- $own := index $root.Values (index . 1) -}}
volumes:
  - name: tmp
    emptyDir:
      sizeLimit: 64Mi
  {{- with $root.Values.externalRedis.tls.caSecret }}
  - name: redis-ca
    secret:
      secretName: {{ . }}
  {{- end }}
  {{- with $own.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
