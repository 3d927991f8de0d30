package tracing

import (
	"strings"
	"testing"
)

// TestSettings checks what the environment may say.
func TestSettings(t *testing.T) {
	for _, c := range []struct{ env, url, mistake string }{
		{"", "", ""},
		{"OTEL_EXPORTER_OTLP_HEADERS=a=b", "", ""},
		{"OTEL_TRACES_EXPORTER=none OTEL_EXPORTER_OTLP_ENDPOINT=http://a", "", ""},
		{"OTEL_SDK_DISABLED=true OTEL_TRACES_EXPORTER=otlp", "", ""},
		{"OTEL_TRACES_EXPORTER=otlp", "http://localhost:4318/v1/traces", ""},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=https://a.example/b/", "https://a.example/b/v1/traces", ""},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=http://a OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://c/d", "http://c/d", ""},
		{"OTEL_TRACES_EXPORTER=zipkin", "", "otlp or none"},
		{"OTEL_TRACES_EXPORTER=otlp OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=grpc", "", "4318"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT=a:4317", "", "http or https URL"},
		{"OTEL_TRACES_EXPORTER=otlp OTEL_EXPORTER_OTLP_TIMEOUT=10s", "", "milliseconds"},
		{"OTEL_TRACES_EXPORTER=otlp OTEL_EXPORTER_OTLP_COMPRESSION=br", "", "gzip or none"},
		{"OTEL_TRACES_EXPORTER=otlp OTEL_EXPORTER_OTLP_HEADERS=a", "", "name=value"},
		{"OTEL_TRACES_EXPORTER=otlp OTEL_EXPORTER_OTLP_HEADERS=a=b%0Ac", "", "name=value"},
		{"OTEL_TRACES_EXPORTER=otlp OTEL_EXPORTER_OTLP_CERTIFICATE=/none", "", "OTEL_EXPORTER_OTLP_CERTIFICATE"},
		{"OTEL_TRACES_EXPORTER=otlp OTEL_EXPORTER_OTLP_CLIENT_KEY=/none", "", "CLIENT_CERTIFICATE"},
	} {
		env := map[string]string{}
		for _, pair := range strings.Fields(c.env) {
			name, value, _ := strings.Cut(pair, "=")
			env[name] = value
		}
		s, err := settingsFrom(func(name string) string { return env[name] })
		switch {
		case c.mistake != "":
			if err == nil || !strings.Contains(err.Error(), c.mistake) {
				t.Errorf("%s: %v", c.env, err)
			}
		case err != nil, (s == nil) != (c.url == ""), s != nil && s.url.String() != c.url:
			t.Errorf("%s: %+v %v", c.env, s, err)
		}
	}
}
