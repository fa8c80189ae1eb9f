package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"confab/cmd/confab/datafolder"
)

// The compose files give the server only settings that it has, with values that it takes,
// and the port and the volume that the image has.
func TestTheComposeFilesHaveSettingsOfTheServer(t *testing.T) {
	image, err := os.ReadFile(filepath.Join("..", "..", "packaging", "Containerfile"))
	if err != nil {
		t.Fatal(err)
	}
	env := make(map[string]string)
	for _, name := range []string{"compose.yaml", "compose.postgres.yaml"} {
		f := readCompose(t, name)
		confab, ok := f.Services["confab"]
		if !ok || len(confab.Environment) == 0 {
			t.Errorf("%s sets nothing for confab", name)
		}
		for key, value := range confab.Environment {
			env[key] = value
		}
		for _, s := range f.Services {
			for _, v := range s.Volumes {
				volume, _, _ := strings.Cut(v, ":")
				if _, ok := f.Volumes[volume]; !ok {
					t.Errorf("%s uses the volume %q, which it does not declare", name, volume)
				}
			}
		}
		for _, p := range confab.Ports {
			_, inside, _ := strings.Cut(p, ":")
			if !strings.Contains(string(image), "\nEXPOSE "+inside+"\n") {
				t.Errorf("%s opens the port %s, which the image does not have", name, inside)
			}
		}
		for _, v := range confab.Volumes {
			_, inside, _ := strings.Cut(v, ":")
			if !strings.Contains(string(image), "\nVOLUME "+inside+"\n") {
				t.Errorf("%s mounts %s, which is no volume of the image", name, inside)
			}
		}
		if b := confab.Build; b.Dockerfile != "" {
			if _, err := os.Stat(filepath.Join("..", "..", "packaging", b.Context, b.Dockerfile)); err != nil {
				t.Errorf("%s builds from a file that is not there: %v", name, err)
			}
		}
	}
	checkSettings(t, env)
}

// checkSettings checks the variables of the environment that a compose file sets.
func checkSettings(t *testing.T, env map[string]string) {
	t.Helper()
	// The check of the settings names variables that are no settings, and wrong values.
	dir := t.TempDir()
	enrol(t, dir, "ann")
	for key, value := range env {
		if key != "CONFAB_DATABASE" { // is not there to be asked
			t.Setenv(key, value)
		}
	}
	out, stderr, status := confab(t, "", "config", "check", "--data", dir)
	if status != 0 || strings.Contains(out+stderr, "is not a setting") {
		t.Errorf("config check: status %d, %s%s", status, out, stderr)
	}
}

// composeFile is what the tests read of a compose file.
type composeFile struct {
	Services map[string]struct {
		Build           struct{ Context, Dockerfile string }
		Ports           []string
		Volumes         []string
		Environment     map[string]string
		Command         []string
		StopGracePeriod string `yaml:"stop_grace_period"`
	}
	Networks map[string]struct {
		IPAM struct{ Config []struct{ Subnet string } }
	}
	Volumes map[string]any
}

func readCompose(t *testing.T, name string) (f composeFile) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "packaging", name))
	if err == nil {
		err = yaml.Unmarshal(text, &f)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The machines of the cluster differ only in their folders, have one host key, and trust the
// headers of their own network. HAProxy sends people to them, and asks each where it answers.
func TestTheComposeFileOfACluster(t *testing.T) {
	f := readCompose(t, "compose.cluster.yaml")
	config, err := os.ReadFile(filepath.Join("..", "..", "packaging", "haproxy.cfg"))
	if err != nil {
		t.Fatal(err)
	}
	var env map[string]string
	folders := make(map[string]bool)
	for name, s := range f.Services {
		for _, v := range s.Volumes {
			volume, inside, _ := strings.Cut(v, ":")
			_, declared := f.Volumes[volume]
			switch {
			case inside == "/data":
				folders[volume] = true
				fallthrough
			case name == "postgres":
				if !declared {
					t.Errorf("%s uses the volume %q, which is not declared", name, volume)
				}
			case name == "balancer" && v != "./haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro":
				t.Errorf("the load balancer has the volume %s", v)
			}
		}
		if s.Build.Dockerfile == "" {
			continue
		}
		env = s.Environment
		if !slices.Contains(s.Volumes, "${CONFAB_HOST_KEY_FILE:?set CONFAB_HOST_KEY_FILE}:/data/"+datafolder.HostKeyFile+":ro") {
			t.Errorf("%s has the volumes %v, and no host key among them", name, s.Volumes)
		}
		if f.Networks["default"].IPAM.Config[0].Subnet != env["CONFAB_PROXY_PROTOCOL"] {
			t.Errorf("%s trusts the headers of %s", name, env["CONFAB_PROXY_PROTOCOL"])
		}
		drain, err1 := time.ParseDuration(env["CONFAB_DRAIN_TIME"])
		grace, err2 := time.ParseDuration(s.StopGracePeriod)
		if err1 != nil || err2 != nil || drain == 0 || grace < drain+stopTime {
			t.Errorf("%s is killed after %s, and needs %s to end its sessions", name, s.StopGracePeriod, env["CONFAB_DRAIN_TIME"])
		}
		_, metrics, _ := strings.Cut(env["CONFAB_METRICS"], ":")
		if line := "server " + name + " " + name + ":2222 port " + metrics + "\n"; !strings.Contains(string(config), line) {
			t.Errorf("haproxy.cfg has no %q", line)
		}
	}
	if len(folders) != 3 {
		t.Errorf("the machines have the folders %v", folders)
	}
	checkSettings(t, env)

	const password = "${CONFAB_BUS_PASSWORD:?set CONFAB_BUS_PASSWORD}"
	added := readCompose(t, "compose.nats.yaml").Services
	if len(added) != len(folders)+1 || !slices.Equal(added["nats"].Command, []string{"--user", "confab", "--pass", password}) {
		t.Errorf("NATS is started with %q, beside %d services", added["nats"].Command, len(added)-1)
	}
	for name := range f.Services {
		want := ""
		if folders["data"+strings.TrimPrefix(name, "confab")] {
			want = "nats://confab:" + password + "@nats:4222"
		}
		if got := added[name].Environment["CONFAB_BUS"]; got != want {
			t.Errorf("%s has the bus %q, want %q", name, got, want)
		}
	}
}
