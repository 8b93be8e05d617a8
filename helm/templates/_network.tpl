{{/*
A NetworkPolicy of one component. Takes (dict "root" $ "component" ... "ingress" YAML "egress" YAML "annotations" YAML);
without ingress nobody may come in, without egress it reaches nobody. The kubelet's probes come from the node, which no
policy keeps out.
*/}}
{{- define "eip.networkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "eip.metadata" (list .root .component) | nindent 2 }}
  {{- with .annotations }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
spec:
  podSelector:
    matchLabels:
      {{- include "eip.selector" (list .root .component) | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- with .ingress }}
  ingress:
    {{- . | nindent 4 }}
  {{- end }}
  {{- with .egress }}
  egress:
    {{- . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* From anywhere in the cluster, or from whom the user named, to a port. Takes (list from port). */}}
{{- define "eip.ingressFrom" -}}
- ports:
    - port: {{ index . 1 }}
  from:
    {{- default (list (dict "namespaceSelector" dict)) (index . 0) | toYaml | nindent 4 }}
{{- end -}}

{{- define "eip.egressDns" -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
{{- end -}}

{{- define "eip.egressRedis" -}}
- ports:
    - port: {{ .Values.redis.enabled | ternary 6379 .Values.externalRedis.port }}
  {{- if .Values.redis.enabled }}
  to:
    - podSelector:
        matchLabels:
          {{- include "eip.selector" (list . "redis") | nindent 10 }}
  {{- end }}
{{- end -}}

{{- define "eip.egressOut" -}}
- ports:
    {{- range .Values.networkPolicy.egressPorts }}
    - port: {{ . }}
    {{- end }}
{{- end -}}

{{/* The EKS Pod Identity agent, on the node. */}}
{{- define "eip.egressPodIdentity" -}}
- ports:
    - port: 80
  to:
    - ipBlock: {cidr: 169.254.170.23/32}
    - ipBlock: {cidr: "fd00:ec2::23/128"}
{{- end -}}
