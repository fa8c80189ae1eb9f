package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The compose files give the server only settings that it has, with values that it takes,
// and the port and the volume that the image has.
func TestTheComposeFilesHaveSettingsOfTheServer(t *testing.T) {
	image, err := os.ReadFile(filepath.Join("..", "..", "packaging", "Containerfile"))
	if err != nil {
		t.Fatal(err)
	}
	type file struct {
		Services map[string]struct {
			Build       struct{ Context, Dockerfile string }
			Ports       []string
			Volumes     []string
			Environment map[string]string
		}
		Volumes map[string]any
	}
	env := make(map[string]string)
	for _, name := range []string{"compose.yaml", "compose.postgres.yaml"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "packaging", name))
		if err != nil {
			t.Fatal(err)
		}
		var f file
		if err := yaml.Unmarshal(text, &f); err != nil {
			t.Fatal(err)
		}
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
