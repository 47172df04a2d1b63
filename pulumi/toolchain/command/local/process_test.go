package local

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// watcher records what a person would see; first is closed with the first line.
type watcher struct {
	mu    sync.Mutex
	lines []string
	once  sync.Once
	first chan struct{}
}

func newWatcher() *watcher { return &watcher{first: make(chan struct{})} }

func (w *watcher) InfoStatus(message string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, message)
	w.once.Do(func() { close(w.first) })
}

func ptr[T any](value T) *T { return &value }

func mustRun(t *testing.T, c call, out *BaseOutputs) {
	t.Helper()
	if err := c.run(t.Context(), newWatcher(), out); err != nil {
		t.Fatal(err)
	}
}

func TestTheCommandGetsWhatItWasGiven(t *testing.T) {
	folder := t.TempDir()
	out := BaseOutputs{Stdout: "before", Stderr: "worse"}
	mustRun(t, call{step: "update", command: `cat; echo "$A|$PULUMI_COMMAND_STDOUT|$PULUMI_COMMAND_STDERR"; pwd; echo e >&2`,
		inputs: BaseInputs{Stdin: ptr("in\n"), Environment: &map[string]string{"A": "a b"}, Dir: ptr(folder)}}, &out)
	if out.Stdout != "in\na b|before|worse\n"+folder || out.Stderr != "e" {
		t.Errorf("got %+v", out)
	}
}

func TestPreviousOutputCanBeLeftOut(t *testing.T) {
	out := BaseOutputs{Stdout: "before"}
	mustRun(t, call{step: "update", command: `echo "[$PULUMI_COMMAND_STDOUT]"`,
		inputs: BaseInputs{AddPreviousOutputInEnv: ptr(false)}}, &out)
	if out.Stdout != "[]" {
		t.Errorf("got %q", out.Stdout)
	}
}

func TestAnotherInterpreter(t *testing.T) {
	out := BaseOutputs{}
	mustRun(t, call{step: "create", command: "text", inputs: BaseInputs{Interpreter: &[]string{"printf", "<%s>"}}}, &out)
	if out.Stdout != "<text>" {
		t.Errorf("got %q", out.Stdout)
	}
}

func TestFailures(t *testing.T) {
	for name, test := range map[string]struct {
		call   call
		expect string
	}{
		"exit code":   {call{command: "echo shown; exit 4 # hidden"}, "create ended with exit code 4"},
		"signal":      {call{command: "kill -KILL $$ # hidden"}, "create was ended by signal killed"},
		"interpreter": {call{command: "hidden", inputs: BaseInputs{Interpreter: &[]string{"/nonexistent"}}}, "could not be started"},
		"folder":      {call{command: "hidden", inputs: BaseInputs{Dir: ptr("/nonexistent")}}, "could not be started"},
		"no output":   {call{command: "echo hidden; exit 1", inputs: BaseInputs{Logging: ptr(Logging("none"))}}, "is hidden by"},
	} {
		t.Run(name, func(t *testing.T) {
			test.call.step = "create"
			err := test.call.run(t.Context(), newWatcher(), &BaseOutputs{})
			if err == nil || !strings.Contains(err.Error(), test.expect) {
				t.Fatalf("got %v", err)
			}
			if strings.Contains(strings.ReplaceAll(err.Error(), "is hidden by", ""), "hidden") {
				t.Errorf("the command is in %q", err)
			}
		})
	}
}

func TestLoggingNoneShowsNothing(t *testing.T) {
	shown, out := newWatcher(), BaseOutputs{}
	err := call{step: "create", command: "echo kept; echo kept >&2", inputs: BaseInputs{Logging: ptr(Logging("none"))}}.
		run(t.Context(), shown, &out)
	if err != nil || len(shown.lines) != 0 || out.Stdout != "kept" || out.Stderr != "kept" {
		t.Errorf("got %v, %q, %+v", err, shown.lines, out)
	}
}

func TestCancelEndsTheProcessGroup(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	ctx, cancel := context.WithCancel(t.Context())
	shown := newWatcher()
	go func() { <-shown.first; cancel() }()
	err := call{step: "create", command: "sleep 300 & echo $! $$ >" + pids + "; echo ready; wait"}.
		run(ctx, shown, &BaseOutputs{})
	if err == nil || !strings.Contains(err.Error(), "create was cancelled") {
		t.Errorf("got %v", err)
	}
	listed, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range strings.Fields(string(listed)) {
		expectGone(t, pid)
	}
}

func expectGone(t *testing.T, pid string) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		if _, state, _ := strings.Cut(string(stat), ") "); err != nil || strings.HasPrefix(state, "Z") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("process %s still runs", pid)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestFilesAreCollectedByPatterns(t *testing.T) {
	folder := t.TempDir()
	out := BaseOutputs{}
	mustRun(t, call{
		step:    "create",
		command: "mkdir -p assets/logos src/deep; echo l >assets/logos/l.svg; echo i >src/i.js; echo d >src/deep/d.js; echo s >src/secret.js",
		inputs: BaseInputs{
			Dir:          ptr(folder),
			AssetPaths:   &[]string{"assets/**", "src/**.js", "!**secret.*"},
			ArchivePaths: &[]string{"src/*.js"},
		},
	}, &out)
	for _, name := range []string{"assets/logos/l.svg", "src/i.js", "src/deep/d.js"} {
		found, ok := (*out.Assets)[name]
		if !ok || found.Asset.Path != filepath.Join(folder, name) {
			t.Errorf("%s: %+v", name, found)
		}
	}
	if len(*out.Assets) != 3 {
		t.Errorf("assets: %v", *out.Assets)
	}
	entries, ok := out.Archive.GetAssets()
	if !ok || len(entries) != 2 {
		t.Fatalf("archive: %v", entries)
	}
	if asset, ok := entries["src/i.js"].(*resource.Asset); !ok || asset.Path != filepath.Join(folder, "src/i.js") {
		t.Errorf("archive: %v", entries)
	}
}

func TestAPatternThatCannotBeReadIsNamed(t *testing.T) {
	err := call{step: "create", command: "true", inputs: BaseInputs{AssetPaths: &[]string{"[a"}}}.
		run(t.Context(), newWatcher(), &BaseOutputs{})
	if err == nil || !strings.Contains(err.Error(), `reading assetPaths: pattern "[a"`) {
		t.Errorf("got %v", err)
	}
}
