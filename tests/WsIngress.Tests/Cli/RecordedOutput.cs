using System.Text;

namespace WsIngress.Tests.Cli;

/// <summary>Keeps what is written and lets a test wait for a piece of it.</summary>
internal sealed class RecordedOutput : MemoryStream
{
    private readonly Lock _gate = new();
    private readonly List<(string Text, TaskCompletionSource Seen)> _awaited = [];

    public string Text
    {
        get
        {
            lock (_gate)
            {
                return Encoding.UTF8.GetString(GetBuffer(), 0, (int)Length);
            }
        }
    }

    /// <summary>Ends when <paramref name="text"/> has been written.</summary>
    public Task ContainsAsync(string text)
    {
        lock (_gate)
        {
            var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((text, seen));
            Tell();
            return seen.Task.WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    // A derived MemoryStream sends its span and single-byte writes here.
    public override void Write(byte[] buffer, int offset, int count)
    {
        lock (_gate)
        {
            base.Write(buffer, offset, count);
            Tell();
        }
    }

    public override void WriteByte(byte value) => Write([value], 0, 1);

    private void Tell()
    {
        foreach (var (text, seen) in _awaited.Where(a => Text.Contains(a.Text, StringComparison.Ordinal)))
        {
            seen.TrySetResult();
        }
    }
}
