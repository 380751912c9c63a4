using System.Collections.Concurrent;
using System.Diagnostics;
using WsIngress.Bench.Os;

namespace WsIngress.Bench.Proxies;

/// <summary>
/// A process that the bench started: it ends with this object, and by setpriv(1) with the bench itself, even when that is killed. Only
/// processes of this class are ever signalled, by their ids. Start it on the main thread: the kernel counts the thread that started it as
/// its parent.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly string? SetPriv = Find("setpriv");

    private readonly Process _process;
    private readonly BlockingCollection<string> _lines = [];

    private ChildProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Where a program is on the path or in the folders of administrators; null when it is not installed.</summary>
    public static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Append("/usr/local/sbin")
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>A process whose output goes to a file.</summary>
    public static ChildProcess Start(string log, string program, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        // The shell opens the file and becomes the program: nobody stands between the two.
        string[] line = ["sh", "-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", log, program, .. arguments];
        return new(Process.Start(Info(line, environment)) ?? throw new IOException($"{program} did not start"));
    }

    /// <summary>A process that is spoken to line by line.</summary>
    public static ChildProcess Talk(string program, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        var info = Info([program, .. arguments], environment);
        (info.RedirectStandardInput, info.RedirectStandardOutput) = (true, true);
        var child = new ChildProcess(Process.Start(info) ?? throw new IOException($"{program} did not start"));
        child._process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { } text)
            {
                child._lines.Add(text);
            }
            else
            {
                child._lines.CompleteAdding();
            }
        };
        child._process.BeginOutputReadLine();
        return child;
    }

    /// <summary>The next line of its output; null when it has ended or says nothing in time.</summary>
    public string? Listen(TimeSpan patience, CancellationToken stop) => _lines.TryTake(out var line, (int)patience.TotalMilliseconds, stop) ? line : null;

    public void Say(string line)
    {
        try
        {
            _process.StandardInput.WriteLine(line);
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It has ended; the next Listen says so.
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Posix.Signal(_process.Id, Posix.SIGTERM);
            if (!_process.WaitForExit(TimeSpan.FromSeconds(8)))
            {
                Posix.Signal(_process.Id, Posix.SIGKILL);
                _process.WaitForExit();
            }
        }

        _process.Dispose();
        _lines.Dispose();
    }

    private static ProcessStartInfo Info(string[] line, (string Name, string Value)[] environment)
    {
        string[] all = SetPriv is null ? line : [SetPriv, "--pdeathsig", "TERM", "--", .. line];
        var info = new ProcessStartInfo(all[0], all[1..]);
        foreach (var (name, value) in environment)
        {
            info.Environment[name] = value;
        }

        return info;
    }
}
