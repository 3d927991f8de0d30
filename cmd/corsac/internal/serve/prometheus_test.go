package serve_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

const (
	installPrometheus = "apt install prometheus"
	alertsFile        = "prometheus/alerts.yaml"
	dashboardFile     = "grafana/corsac.json"
)

// packaging returns the path of a file in the folder of that name.
func packaging(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "..", "..", "packaging", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestAlertRules runs the tests of the alert rules.
func TestAlertRules(t *testing.T) {
	promtool := testenv.Program(t, installPrometheus, "promtool")
	for _, args := range [][]string{{"check", "rules", alertsFile}, {"test", "rules", "prometheus/alerts_test.yaml"}} {
		cmd := exec.CommandContext(t.Context(), promtool, args...)
		cmd.Dir = packaging(t, "")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// dashboard is what the test needs of one.
type dashboard struct {
	Panels []struct {
		Title   string
		Targets []struct{ Expr string }
	}
	Templating struct {
		List []struct{ Definition string }
	}
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	if err := json.Unmarshal([]byte(read(t, packaging(t, dashboardFile))), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// startMonitored serves a file whose requests cause every metric.
func startMonitored(t *testing.T) *running {
	t.Helper()
	dir, upstream := t.TempDir(), echo(t)
	certificate(t, dir, 1, "localhost")
	text := fmt.Sprintf(`policies:
  app: {allow_origins: [%q]}
  next: {allow_origins: [%q]}
gateway:
  listen: "127.0.0.1:0"
  admin: "localhost:0"
  access_log: {to: access.log}
  tls: {certificates: [{cert: localhost.pem, key: localhost.key}]}
  limits: {header_bytes: 8KiB}
  routes:
    - {path: /, upstream: %q, policy: app}
    - {path: /trial, upstream: %q, policy: app, trial: next}
    - {path: /down, upstream: "http://127.0.0.1:1", policy: app}
    - {path: /guarded, upstream: "http://127.0.0.1:1", policy: app, hide_origin: true}
`, first, second, upstream, upstream)
	s := run(t, filepath.Join(dir, "corsac.yaml"), text, nil)
	s.traffic()
	return s
}

func (s *running) traffic() {
	s.ask("localhost", "GET", "/x", false, "Origin: "+first)
	s.ask("localhost", "GET", "/x", true, "Origin: "+second)
	s.ask("localhost", "OPTIONS", "/x", false, "Origin: "+first, "Access-Control-Request-Method: GET")
	s.ask("localhost", "GET", "/x", false, "X-Long: "+strings.Repeat("x", 9000))
	s.ask("localhost", "GET", "/trial", true, "Origin: "+first)
	s.ask("localhost", "GET", "/down", false)
	s.ask("localhost", "GET", "/guarded", false, "Origin: "+second)
}

var (
	metricName = regexp.MustCompile(`corsac_[a-z_]+`)
	suffix     = regexp.MustCompile(`_(bucket|sum|count)$`)
)

// TestMetricNames checks that the program has the metrics in the rules, in the
// dashboard and in the guide, and that the guide has all of the program's.
func TestMetricNames(t *testing.T) {
	s := startMonitored(t)
	_, metrics := s.askAdmin("GET", "/metrics")
	var has []string
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (corsac_\S+)`).FindAllStringSubmatch(metrics, -1) {
		has = append(has, m[1])
	}
	guide := read(t, filepath.Join("..", "..", "..", "..", "docs", "guide", "gateway.md"))
	for _, name := range has {
		if !strings.Contains(guide, "`"+name+"`") {
			t.Errorf("docs/guide/gateway.md lacks %s", name)
		}
	}
	for name, text := range map[string]string{
		alertsFile: read(t, packaging(t, alertsFile)), dashboardFile: read(t, packaging(t, dashboardFile)), "docs/guide/gateway.md": guide,
	} {
		for _, metric := range metricName.FindAllString(text, -1) {
			metric = suffix.ReplaceAllString(metric, "")
			if !slices.Contains(has, metric) {
				t.Errorf("%s has %s, and the program does not", name, metric)
			}
		}
	}
}

// increased are the metrics whose increase or rate is asked for.
var increased = regexp.MustCompile(`\b(?:increase|rate)\((corsac_[a-z_]+)`)

// TestIncreased checks that the rules and the dashboard ask only for the increase of
// counters, since that of a gauge is wrong after it has fallen.
func TestIncreased(t *testing.T) {
	s := startMonitored(t)
	_, metrics := s.askAdmin("GET", "/metrics")
	for _, file := range []string{alertsFile, dashboardFile} {
		asked := increased.FindAllStringSubmatch(read(t, packaging(t, file)), -1)
		if len(asked) < 5 {
			t.Errorf("%s asks for %d", file, len(asked))
		}
		for _, m := range asked {
			name := suffix.ReplaceAllString(m[1], "")
			if !strings.Contains(metrics, "# TYPE "+name+" counter\n") && !strings.Contains(metrics, "# TYPE "+name+" histogram\n") {
				t.Errorf("%s asks for the increase of %s, which is not a counter", file, name)
			}
		}
	}
}

// TestPrometheus runs the queries of the dashboard and the alert rules in a Prometheus
// that scrapes what serve counts.
func TestPrometheus(t *testing.T) {
	prometheus := testenv.Program(t, installPrometheus, "prometheus")
	s := startMonitored(t)
	dir, port := t.TempDir(), testenv.FreePort(t)
	address := "127.0.0.1:" + port
	write(t, filepath.Join(dir, "prometheus.yml"), fmt.Sprintf(`global: {scrape_interval: 200ms, evaluation_interval: 200ms}
rule_files: [%q]
scrape_configs:
  - job_name: corsac
    static_configs: [{targets: [%q]}]
`, packaging(t, alertsFile), s.AdminAddress()))
	(&testenv.Server{
		Command: []string{prometheus, "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--web.listen-address=" + address, "--log.level=error"},
		Dir:     dir, Address: address,
	}).Start(t)
	p := prometheusAt{t, "http://" + address}
	await(t, "it is ready", p.ready)
	await(t, "it has been scraped twice", func() bool {
		s.traffic()
		return len(p.query(`rate(corsac_refused_requests_total[10s]) > 0`)) > 0 && len(p.query(`rate(corsac_upstream_failures_total[10s]) > 0`)) > 0
	})
	p.checkDashboard(readDashboard(t))
	p.checkRules()
}

// prometheusAt is a Prometheus.
type prometheusAt struct {
	*testing.T

	url string
}

// ready reports whether it answers queries. It listens before.
func (p *prometheusAt) ready() bool {
	status, _ := p.ask("/-/ready")
	return status == http.StatusOK
}

func (p *prometheusAt) ask(path string) (int, []byte) {
	p.Helper()
	r, err := http.NewRequestWithContext(p.Context(), http.MethodGet, p.url+path, nil)
	if err != nil {
		p.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		p.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, body
}

// get asks its API.
func (p *prometheusAt) get(path string, to any) {
	p.Helper()
	_, body := p.ask(path)
	var answer struct {
		Status, Error string
		Data          json.RawMessage
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Status != "success" {
		p.Errorf("%s: %s", path, body)
		return
	}
	if err := json.Unmarshal(answer.Data, to); err != nil {
		p.Errorf("%s: %v in %s", path, err, body)
	}
}

// query returns the series of a query.
func (p *prometheusAt) query(expr string) []json.RawMessage {
	p.Helper()
	var data struct{ Result []json.RawMessage }
	p.get("/api/v1/query?query="+url.QueryEscape(expr), &data)
	return data.Result
}

// checkDashboard runs each query of a dashboard, which must yield something.
func (p *prometheusAt) checkDashboard(d dashboard) {
	p.Helper()
	fill := strings.NewReplacer("$__rate_interval", "10s", "$job", "corsac", "$instance", ".*", "$route", ".*").Replace
	queries := 0
	check := func(title, expr string) {
		queries++
		if got := p.query(fill(expr)); len(got) == 0 {
			p.Errorf("%s: %s yields nothing", title, fill(expr))
		}
	}
	for _, panel := range d.Panels {
		for _, target := range panel.Targets {
			check(panel.Title, target.Expr)
		}
	}
	for _, v := range d.Templating.List {
		if args, ok := strings.CutPrefix(v.Definition, "label_values("); ok {
			selector, label, _ := strings.Cut(strings.TrimSuffix(args, ")"), ", ")
			check(v.Definition, "count by ("+label+") ("+selector+")")
		}
	}
	if queries < 25 {
		p.Errorf("only %d queries", queries)
	}
}

// checkRules checks that each rule has been evaluated.
func (p *prometheusAt) checkRules() {
	p.Helper()
	var data struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError string }
		}
	}
	p.get("/api/v1/rules", &data)
	rules := 0
	for _, g := range data.Groups {
		for _, r := range g.Rules {
			if rules++; r.Health != "ok" {
				p.Errorf("%s: %s %s", r.Name, r.Health, r.LastError)
			}
		}
	}
	if rules < 10 {
		p.Errorf("only %d rules", rules)
	}
}
