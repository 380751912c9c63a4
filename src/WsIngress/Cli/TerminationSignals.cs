using System.Runtime.InteropServices;

namespace WsIngress.Cli;

/// <summary>Turns the first SIGINT or SIGTERM into a cancellation; a second SIGINT ends the process at once.</summary>
internal sealed class TerminationSignals : IDisposable
{
    private const int InterruptedExitCode = 130;

    private readonly CancellationTokenSource _stopping = new();
    private readonly PosixSignalRegistration[] _registrations;

    public TerminationSignals()
    {
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        ];
    }

    public CancellationToken Stopping => _stopping.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _stopping.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_stopping.IsCancellationRequested && context.Signal == PosixSignal.SIGINT)
        {
            Environment.Exit(InterruptedExitCode);
        }

        _stopping.Cancel();
    }
}
