package remote

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"berth.invalid/engine/command/internal/sshtest"
	"berth.invalid/engine/command/output"
)

func TestOutputsAreCapturedApart(t *testing.T) {
	server := sshtest.Started(t)
	got := mustRun(t, call{step: "create", script: "echo out; echo; echo err >&2", inputs: CommandInputs{
		Connection: connectionTo(server),
	}})
	if got.Stdout != "out\n" || got.Stderr != "err" {
		t.Errorf("got %+v", got)
	}
}

func TestStdinAndEnvironmentReachTheCommand(t *testing.T) {
	server := sshtest.Started(t)
	got := mustRun(t, call{step: "update", script: `cat; echo "$BERTH_A/$PULUMI_COMMAND_STDOUT/$PULUMI_COMMAND_STDERR"`,
		previous: BaseOutputs{Stdout: "before", Stderr: "worse"},
		inputs: CommandInputs{
			Connection:  connectionTo(server),
			Stdin:       ptr("line one\nline two\n"),
			Environment: map[string]string{"BERTH_A": "a b"},
		}})
	if got.Stdout != "line one\nline two\na b/before/worse" {
		t.Errorf("got %q", got.Stdout)
	}
}

func TestWithoutStdinTheCommandReadsAnEnd(t *testing.T) {
	server := sshtest.Started(t)
	got := mustRun(t, call{step: "create", script: "cat; echo done", inputs: CommandInputs{Connection: connectionTo(server)}})
	if got.Stdout != "done" {
		t.Errorf("got %q", got.Stdout)
	}
}

func TestStdinThatIsNotReadDoesNotHoldTheCommand(t *testing.T) {
	server := sshtest.Started(t)
	got := mustRun(t, call{step: "create", script: "echo done", inputs: CommandInputs{
		Connection: connectionTo(server), Stdin: ptr(strings.Repeat("unread\n", 1<<20)),
	}})
	if got.Stdout != "done" {
		t.Errorf("got %q", got.Stdout)
	}
}

func TestPreviousOutputCanBeLeftOut(t *testing.T) {
	server := sshtest.Started(t)
	got := mustRun(t, call{step: "update", script: `echo "[$PULUMI_COMMAND_STDOUT]"`,
		previous: BaseOutputs{Stdout: "before"},
		inputs:   CommandInputs{Connection: connectionTo(server), AddPreviousOutputInEnv: ptr(false)}})
	if got.Stdout != "[]" {
		t.Errorf("got %q", got.Stdout)
	}
}

func TestAPreviousOutputTooLongForAnEnvironmentIsLeftOutWithAWarning(t *testing.T) {
	server := sshtest.Started(t)
	shown := newWatcher()
	got, err := call{step: "update", script: `echo "[$PULUMI_COMMAND_STDOUT]"`,
		previous: BaseOutputs{Stdout: strings.Repeat("x", 1<<20)},
		inputs:   CommandInputs{Connection: connectionTo(server)}}.run(t.Context(), shown)
	if err != nil || got.Stdout != "[]" || len(shown.warnings) != 1 {
		t.Errorf("got %q, %v, warnings %q", got.Stdout, err, shown.warnings)
	}
}

func TestARefusedVariableIsNamedWithoutItsValue(t *testing.T) {
	server := sshtest.Started(t)
	_, err := call{step: "create", script: "true", inputs: CommandInputs{
		Connection: connectionTo(server), Environment: map[string]string{"FORBIDDEN": "its-value"},
	}}.run(t.Context(), newWatcher())
	if err == nil || !strings.Contains(err.Error(), "FORBIDDEN") || strings.Contains(err.Error(), "its-value") {
		t.Errorf("got %v", err)
	}
}

func TestAFailureNamesStepHostAndExitCodeButNeverScriptOrStdin(t *testing.T) {
	server := sshtest.Started(t)
	_, err := call{step: "create", script: "read line; echo visible >&2; exit 7 # script-secret", inputs: CommandInputs{
		Connection: connectionTo(server), Stdin: ptr("stdin-secret\n"),
	}}.run(t.Context(), newWatcher())
	var failure *output.Failure
	if !errors.As(err, &failure) {
		t.Fatalf("got %v", err)
	}
	for _, wanted := range []string{"create on 127.0.0.1", "exit code 7", "visible"} {
		if !strings.Contains(err.Error(), wanted) {
			t.Errorf("%q is missing in %q", wanted, err)
		}
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("a secret is in %q", err)
	}
}

func TestAFailureRepeatsOnlyTheEndOfTheOutput(t *testing.T) {
	server := sshtest.Started(t)
	_, err := call{step: "create", script: "seq 1 500; head -c 5000 /dev/zero | tr '\\0' x; exit 1", inputs: CommandInputs{
		Connection: connectionTo(server),
	}}.run(t.Context(), newWatcher())
	if err == nil || len(err.Error()) > 2000 || !strings.Contains(err.Error(), "\n500\n") ||
		strings.Contains(err.Error(), "\n400\n") {
		t.Errorf("got %v", err)
	}
}

func TestASignalIsNamed(t *testing.T) {
	server := sshtest.Started(t)
	_, err := call{step: "delete", script: "kill -KILL $$", inputs: CommandInputs{
		Connection: connectionTo(server),
	}}.run(t.Context(), newWatcher())
	if err == nil || !strings.Contains(err.Error(), "delete on 127.0.0.1 was ended by signal KILL") {
		t.Errorf("got %v", err)
	}
}

func TestALostConnectionIsNamed(t *testing.T) {
	server := sshtest.Started(t)
	_, err := call{step: "create", script: "kill -KILL $PPID; sleep 60", inputs: CommandInputs{
		Connection: connectionTo(server),
	}}.run(t.Context(), newWatcher())
	if err == nil || !strings.Contains(err.Error(), "lost the connection") {
		t.Errorf("got %v", err)
	}
}

func TestLoggingDecidesWhatIsShown(t *testing.T) {
	server := sshtest.Started(t)
	for logging, wanted := range map[Logging][]string{
		"stdout": {"to-out"}, "stderr": {"to-err"}, "none": {}, "stdoutAndStderr": {"to-out", "to-err"},
	} {
		t.Run(string(logging), func(t *testing.T) {
			shown := newWatcher()
			_, err := call{step: "create", script: "echo to-out; echo to-err >&2; exit 1", inputs: CommandInputs{
				Connection: connectionTo(server), Logging: ptr(logging),
			}}.run(t.Context(), shown)
			for _, line := range []string{"to-out", "to-err"} {
				expected := strings.Contains(strings.Join(wanted, " "), line)
				if strings.Contains(strings.Join(shown.seen(), "\n"), line) != expected {
					t.Errorf("%s: shown %q", line, shown.seen())
				}
				if strings.Contains(err.Error(), line) != expected {
					t.Errorf("%s: error %q", line, err)
				}
			}
		})
	}
}

func TestHiddenOutputIsStillAnOutput(t *testing.T) {
	server := sshtest.Started(t)
	got := mustRun(t, call{step: "create", script: "echo kept", inputs: CommandInputs{
		Connection: connectionTo(server), Logging: ptr(Logging("none")),
	}})
	if got.Stdout != "kept" {
		t.Errorf("got %q", got.Stdout)
	}
}

func TestVeryLongLinesDoNotStall(t *testing.T) {
	server := sshtest.Started(t)
	shown := newWatcher()
	const length = 3 << 20
	got, err := call{step: "create", script: fmt.Sprintf("head -c %d /dev/zero | tr '\\0' x; echo; echo after", length),
		inputs: CommandInputs{Connection: connectionTo(server)}}.run(t.Context(), shown)
	if err != nil || got.Stdout != strings.Repeat("x", length)+"\nafter" {
		t.Fatalf("got %d bytes, %v", len(got.Stdout), err)
	}
	lines := shown.seen()
	if last := lines[len(lines)-1]; !strings.HasSuffix(last, "\nafter") || len(strings.Join(lines, "")) > length+len("after") {
		t.Errorf("%d messages were shown, the last one ends with %q", len(lines), last[max(0, len(last)-20):])
	}
}

func TestLinesAreShownWhileTheCommandRuns(t *testing.T) {
	server := sshtest.Started(t)
	shown := newWatcher()
	gate := filepath.Join(t.TempDir(), "gate")
	go func() {
		shown.until(t, "started")
		if err := os.WriteFile(gate, nil, 0o600); err != nil {
			t.Error(err)
		}
	}()
	_, err := call{step: "create", script: fmt.Sprintf("echo started; while [ ! -e %s ]; do sleep 0.05; done", gate),
		inputs: CommandInputs{Connection: connectionTo(server)}}.run(t.Context(), shown)
	if err != nil {
		t.Error(err)
	}
}

func TestCancelEndsTheRemoteProcessGroup(t *testing.T) {
	server := sshtest.Started(t)
	for name, script := range map[string]string{
		"willing":  "sleep 300 & echo $! >%[1]s; echo $$ >>%[1]s; echo ready; wait",
		"stubborn": "trap '' TERM; (trap '' TERM; sleep 300) & echo $! >%[1]s; echo $$ >>%[1]s; echo ready; while :; do wait; done",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pids := filepath.Join(t.TempDir(), "pids")
			ctx, cancel := context.WithCancel(t.Context())
			shown := newWatcher()
			go func() { shown.until(t, "ready"); cancel() }()
			_, err := call{step: "create", script: fmt.Sprintf(script, pids),
				inputs: CommandInputs{Connection: connectionTo(server)}}.run(ctx, shown)
			if err == nil || !strings.Contains(err.Error(), "create on 127.0.0.1 was cancelled") {
				t.Errorf("got %v", err)
			}
			expectGone(t, pids)
		})
	}
}

// expectGone waits until none of the processes runs any more; a zombie has ended.
func expectGone(t *testing.T, pids string) {
	t.Helper()
	listed, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for _, pid := range strings.Fields(string(listed)) {
		for running(pid) {
			if time.Now().After(deadline) {
				t.Fatalf("process %s still runs", pid)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func running(pid string) bool {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z")
}
