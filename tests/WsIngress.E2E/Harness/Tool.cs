namespace WsIngress.E2E.Harness;

/// <summary>A command that runs to its end.</summary>
internal static class Tool
{
    public static async Task<(int Code, string Output)> RunAsync(string file, params string[] args)
    {
        await using var process = ChildProcess.Start(Path.GetFileName(file), file, args);
        return (await process.ExitAsync(), process.Output);
    }
}
