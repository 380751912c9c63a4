namespace WsIngress.E2E.Harness;

/// <summary><c>wsingress echo</c> as a process of its own on a free loopback port.</summary>
internal sealed class EchoPodProcess : IAsyncDisposable
{
    private EchoPodProcess(ChildProcess process, string name, int port)
    {
        Process = process;
        Name = name;
        Port = port;
    }

    public ChildProcess Process { get; }

    public string Name { get; }

    public int Port { get; }

    public Pod Pod => new(Name, Port);

    public static async Task<EchoPodProcess> StartAsync(string name)
    {
        var process = ChildProcess.Start(name, Binary.Path, ["echo", "--listen", "127.0.0.1:0", "--name", name, "--output", "json"]);
        var ready = await process.EventAsync("ready");
        return new EchoPodProcess(process, name, new Uri((string)ready["addresses"]![0]!).Port);
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
