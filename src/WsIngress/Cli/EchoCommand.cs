using System.Collections.Immutable;
using System.CommandLine;
using System.Net;
using WsIngress.Echo;

namespace WsIngress.Cli;

/// <summary><c>wsingress echo</c>: an echo pod until Ctrl-C.</summary>
internal static class EchoCommand
{
    private const int DefaultPort = 3000;

    public static Command Create(CliConsole console, TimeProvider time)
    {
        var listen = new Option<string[]>("--listen")
        {
            Description = $"Where to listen, may be repeated (default: port {DefaultPort} on all interfaces)",
            HelpName = "[HOST:]PORT",
        };
        var name = new Option<string?>("--name") { Description = "The name it answers with (default: the host's name)", HelpName = "NAME" };
        var tls = new Option<bool>("--tls") { Description = "Speak TLS with a self-signed certificate" };
        var output = OutputFormatOption.Create();
        var command = new Command("echo", "An echo pod: HTTP and WebSocket, says which pod it is")
        {
            listen, name, tls, output,
        };
        command.SetAction((parse, stopping) =>
        {
            var options = new EchoOptions
            {
                Listen = ReadListen(parse.GetValue(listen) ?? []),
                Name = ReadName(parse.GetValue(name)),
                Tls = parse.GetValue(tls),
            };
            return RunAsync(options, OutputFormatOption.Read(parse, output), console, time, stopping);
        });
        return command;
    }

    private static ImmutableArray<ListenAddress> ReadListen(string[] texts)
    {
        if (texts.Length == 0)
        {
            return [ListenAddress.AllInterfaces(DefaultPort)];
        }

        return [.. texts.Select(text =>
            ListenAddress.TryParse(text, IPAddress.IPv6Any, out var address) && !address.IsOff
                ? address
                : throw new UsageException($"--listen: '{text}' cannot be used; allowed: {ListenAddress.AllowedOn}"))];
    }

    private static string ReadName(string? name) =>
        name is null ? Environment.MachineName
        : name.Length is > 0 and <= 253 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_') ? name
        : throw new UsageException($"--name: '{name}' cannot be used; allowed: 1 to 253 letters, digits, '-', '.' and '_'");

    private static async Task<int> RunAsync(EchoOptions options, OutputFormat format, CliConsole console, TimeProvider time, CancellationToken stopping)
    {
        EchoServer server;
        try
        {
            server = await EchoServer.StartAsync(options, time, stopping);
        }
        catch (IOException e)
        {
            console.Notes.WriteLine($"wsingress echo: {e.Message} (--listen chooses another address)");
            return ExitCode.Problems;
        }

        await using (server)
        {
            var addresses = server.Addresses.Select(a => a.GetLeftPart(UriPartial.Authority));
            console.Text.WriteLine(format == OutputFormat.Json
                ? $$"""{"event":"ready","pod":"{{server.Name}}","addresses":[{{string.Join(',', addresses.Select(a => $"\"{a}\""))}}]}"""
                : $"echo pod {server.Name} ready: {string.Join(", ", addresses)}");
            await stopping.WaitAsync();
            console.Notes.WriteLine($"echo pod {server.Name} stops: {server.OpenSockets} open sockets get Close 1001");
        }

        return ExitCode.Done;
    }
}
