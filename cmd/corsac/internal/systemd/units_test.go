package systemd

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coreos/go-systemd/v22/unit"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// units returns the units that users install, by their names.
func units(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "..", "packaging", "systemd", "*"))
	if err != nil || len(files) != 3 {
		t.Fatalf("%v %v", files, err)
	}
	all := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(file)] = string(text)
	}
	return all
}

// TestUnits checks that the units can be parsed, and that the service runs without
// privileges.
func TestUnits(t *testing.T) {
	got := map[string][]string{}
	for name, text := range units(t) {
		options, err := unit.DeserializeOptions(strings.NewReader(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, o := range options {
			key := name + " " + o.Name
			got[key] = append(got[key], o.Value)
		}
	}
	for name, want := range map[string]string{
		"Type": "notify", "DynamicUser": "yes", "ProtectSystem": "strict", "NoNewPrivileges": "yes", "CapabilityBoundingSet": "",
		"MemoryDenyWriteExecute": "yes", "StateDirectory": "corsac", "LimitNOFILE": "1048576", "ExecReload": "/bin/kill -HUP $MAINPID",
		"SystemCallFilter": "@system-service|~@privileged @resources", "AmbientCapabilities": "-", "User": "-",
	} {
		lines, there := got["corsac.service "+name]
		if !there {
			lines = []string{"-"}
		}
		if value := strings.Join(lines, "|"); value != want {
			t.Errorf("%s=%s, not %s", name, value, want)
		}
	}
	if ports := strings.Join(got["corsac.socket ListenStream"], " "); ports != "443 80" {
		t.Errorf("streams %s", ports)
	}
	if name := strings.Join(got["corsac-http3.socket FileDescriptorName"], " "); name != HTTP3 {
		t.Errorf("the socket of HTTP/3 is named %q", name)
	}
}

// TestUnitsVerify has systemd itself check the units.
func TestUnitsVerify(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		testenv.Missing(t, "systemd-analyze is not installed")
	}
	dir := t.TempDir()
	args := []string{"verify", "--man=no", "--recursive-errors=no"}
	for name, text := range units(t) {
		text = strings.ReplaceAll(text, "/usr/bin/corsac", "/bin/true") // which is there
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, filepath.Join(dir, name))
	}
	out, err := exec.CommandContext(t.Context(), analyze, args...).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "" {
		t.Errorf("%v\n%s", err, out)
	}
}
